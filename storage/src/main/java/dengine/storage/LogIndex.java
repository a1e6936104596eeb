package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Where each entry of the log is stored, eight bytes per entry. Written by the log thread, after
/// the bytes are in the operating system's hands, and read by any thread: the monitor makes a
/// whole batch visible at once, and no I/O happens under it. Bytes of the log are never
/// overwritten, so a reader that works on places it got before a truncation still finds what was
/// there.
final class LogIndex {

  /// A change and where its frame starts in the last file.
  record Placed(Persist change, int offset) {}

  /// Consecutive entries in one file.
  ///
  /// @param places of the entries, see [#offset] and [#payloadLength]
  record Span(Segment segment, long firstIndex, long[] places) {}

  private static final class Table {
    private final Segment segment;
    private long firstIndex;
    private int count;
    private long[] places = new long[64];

    Table(Segment segment) {
      this.segment = segment;
    }
  }

  private final List<Table> tables = new ArrayList<>();
  private long lastIndex;

  /// Offset of an entry in its file.
  static int offset(long place) {
    return (int) (place >>> Integer.SIZE);
  }

  /// Length of an entry's payload.
  static int payloadLength(long place) {
    return (int) place;
  }

  /// Entries appended from now on are in this file.
  synchronized void add(Segment segment) {
    tables.add(new Table(segment));
  }

  synchronized long lastIndex() {
    return lastIndex;
  }

  /// All files, in order.
  synchronized List<Segment> segments() {
    return tables.stream().map(table -> table.segment).toList();
  }

  /// Makes changes visible that were written to the last file.
  synchronized void publish(List<Placed> changes) {
    for (Placed placed : changes) {
      Persist change = placed.change();
      if (change.truncateFrom() > 0) {
        truncateFrom(change.truncateFrom());
      }
      int at = placed.offset() + FrameHeader.BYTES + FrameWriter.bodyBeforeEntries(change);
      for (Entry entry : change.entries()) {
        append(entry.index(), at, entry.payload().length);
        at += EntryCodec.OVERHEAD_BYTES + entry.payload().length;
      }
    }
  }

  /// Forgets entries from `index` on. Their bytes stay where they are.
  synchronized void truncateFrom(long index) {
    for (Table table : tables.reversed()) {
      if (table.count > 0 && table.firstIndex + table.count <= index) {
        break;
      }
      table.count = (int) Math.max(0, Math.min(table.count, index - table.firstIndex));
    }
    lastIndex = Math.min(lastIndex, index - 1);
  }

  /// Notes the next entry, stored in the last file.
  synchronized void append(long index, int offset, int payloadLength) {
    Table table = tables.getLast();
    if (table.count == 0) {
      table.firstIndex = index;
    }
    if (table.count == table.places.length) {
      table.places = Arrays.copyOf(table.places, table.count * 2);
    }
    table.places[table.count++] = ((long) offset << Integer.SIZE) | payloadLength;
    lastIndex = index;
  }

  /// Where to find entries from `from` on, up to at most `upTo`, stopping after `maxBytes` but
  /// with at least one.
  ///
  /// @throws StorageException.OutOfRange when `from` is not in the log
  synchronized List<Span> find(long from, long upTo, long maxBytes) {
    if (from < 1 || from > lastIndex || upTo < from) {
      throw new StorageException.OutOfRange(from, upTo, 1, lastIndex);
    }
    List<Span> spans = new ArrayList<>();
    long next = from;
    long left = maxBytes;
    for (Table table : tables.subList(tableOf(from), tables.size())) {
      if (table.count == 0) {
        continue; // all its entries were truncated
      }
      int start = (int) (next - table.firstIndex);
      int end = start;
      while (end < table.count
          && table.firstIndex + end <= upTo
          && (left > 0 || table.firstIndex + end == from)) {
        left -= Entry.OVERHEAD_BYTES + payloadLength(table.places[end]);
        if (left < 0 && table.firstIndex + end != from) {
          break;
        }
        end++;
      }
      if (end == start) {
        break;
      }
      spans.add(new Span(table.segment, next, Arrays.copyOfRange(table.places, start, end)));
      next += end - start;
      if (end < table.count) {
        break;
      }
    }
    return spans;
  }

  private int tableOf(long index) {
    int low = 0;
    int high = tables.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      // An empty file has entries after it only in later files: treat it as beginning where they
      // do.
      if (firstIndexFrom(middle) <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private long firstIndexFrom(int position) {
    for (Table table : tables.subList(position, tables.size())) {
      if (table.count > 0) {
        return table.firstIndex;
      }
    }
    return Long.MAX_VALUE;
  }
}
