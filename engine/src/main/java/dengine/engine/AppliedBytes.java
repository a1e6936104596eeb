package dengine.engine;

import java.util.ArrayDeque;
import java.util.Iterator;

/// How many bytes the newest applied entries have, in coarse ranges of indexes: enough to say how
/// far back the log may reach. Owned by whoever applies.
final class AppliedBytes {

  /// Ranges that a whole limit is divided into.
  private static final int RANGES = 64;

  private record Range(long first, long last, long bytes) {}

  private final long limit;
  private final long grain;

  /// Newest first; all but the oldest hold less than the limit.
  private final ArrayDeque<Range> ranges = new ArrayDeque<>();

  private long rangesBytes;
  private long openFirst;
  private long openBytes;
  private long last;
  private long total;

  /// @param limit bytes that are of interest; at least 0
  /// @param base where the log begins: nothing is known of the entries from there to `applied`.
  ///     They count as the limit, spread evenly: that many an earlier life of this node kept at
  ///     most, and a node that restarts often must not keep more each time
  /// @param applied up to where entries were applied before
  AppliedBytes(long limit, long base, long applied) {
    this.limit = limit;
    this.grain = Math.max(1, limit / RANGES);
    restart(applied);
    if (applied > base) {
      ranges.add(new Range(base + 1, applied, limit));
      rangesBytes = limit;
    }
  }

  /// Bytes applied by this process.
  long total() {
    return total;
  }

  /// The next entries were applied, up to this one.
  void add(long index, long bytes) {
    last = index;
    total += bytes;
    openBytes += bytes;
    if (openBytes >= grain) {
      ranges.addFirst(new Range(openFirst, last, openBytes));
      rangesBytes += openBytes;
      openFirst = last + 1;
      openBytes = 0;
      while (rangesBytes - ranges.getLast().bytes >= limit && ranges.size() > 1) {
        rangesBytes -= ranges.removeLast().bytes;
      }
    }
  }

  /// Nothing before the entry after this one is in the log any more.
  void restart(long index) {
    ranges.clear();
    rangesBytes = 0;
    openFirst = index + 1;
    openBytes = 0;
    last = index;
  }

  /// The first of the newest entries that have about as many bytes as the limit together; one after
  /// the last if there is room for none.
  long firstWithinLimit() {
    Range open = new Range(openFirst, last, openBytes);
    long left = limit;
    long first = last + 1;
    Iterator<Range> older = ranges.iterator();
    for (Range range = open; ; range = older.next()) {
      if (range.bytes > left) {
        long count = range.last - range.first + 1;
        return range.last + 1 - (long) (count * ((double) left / range.bytes));
      }
      left -= range.bytes;
      first = Math.min(first, range.first);
      if (!older.hasNext()) {
        return first;
      }
    }
  }
}
