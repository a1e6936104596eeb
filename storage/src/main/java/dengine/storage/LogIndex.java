package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

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

  /// Files that are not needed any more.
  ///
  /// @param segments the files, oldest first
  /// @param begin where the log begins without them
  record Dropped(List<Segment> segments, Optional<SegmentHeader.Start> begin) {}

  private static final class Table {
    private final Segment segment;

    /// Whether a new beginning behind the start of this file made it irrelevant what was before.
    private boolean settled;

    /// Whether the log can be followed from the start of this file without those before it: no
    /// truncation behind it reaches back beyond it.
    private boolean beginning = true;

    private long firstIndex;
    private int count;
    private long[] places = new long[64];

    Table(Segment segment) {
      this.segment = segment;
    }
  }

  private final List<Table> tables = new ArrayList<>();
  private long firstIndex = 1;
  private long lastIndex;

  /// Offset of an entry in its file.
  static int offset(long place) {
    return (int) (place >>> Integer.SIZE);
  }

  /// Length of an entry's payload.
  static int payloadLength(long place) {
    return (int) place;
  }

  /// The log begins after this index.
  synchronized void begin(long base) {
    firstIndex = base + 1;
    lastIndex = base;
  }

  /// Entries appended from now on are in this file.
  synchronized void add(Segment segment) {
    tables.add(new Table(segment));
  }

  /// All files, in order.
  synchronized List<Segment> segments() {
    return tables.stream().map(table -> table.segment).toList();
  }

  /// Makes changes visible that were written to the last file.
  synchronized void publish(List<Placed> changes) {
    for (Placed placed : changes) {
      Persist change = placed.change();
      change.reset().ifPresent(point -> reset(point.position().index()));
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

  /// Forgets all entries; the log begins after this index. Their bytes stay where they are.
  synchronized void reset(long base) {
    for (Table table : tables) {
      table.count = 0;
      table.places = new long[0];
      table.settled = true;
    }
    begin(base);
  }

  /// Forgets entries from `index` on. Their bytes stay where they are.
  synchronized void truncateFrom(long index) {
    for (Table table : tables) {
      long before = table.segment.header().start().last().index();
      table.beginning &= table.settled || index > before;
    }
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
      table.places = Arrays.copyOf(table.places, Math.max(64, table.count * 2));
    }
    table.places[table.count++] = ((long) offset << Integer.SIZE) | payloadLength;
    lastIndex = index;
  }

  /// Number of the first file that is needed for entries behind `upTo`.
  synchronized long neededFor(long upTo) {
    for (int i = tables.size() - 1; i > 0; i--) {
      if (tables.get(i).beginning && firstIndex(tables.get(i)) <= upTo + 1) {
        return tables.get(i).segment.header().number();
      }
    }
    return tables.getFirst().segment.header().number();
  }

  /// Index of the first entry if the log is followed from the start of this file.
  private long firstIndex(Table table) {
    return table.settled ? firstIndex : table.segment.header().start().last().index() + 1;
  }

  /// Forgets the files before this number, and the entries in them.
  ///
  /// @param number at most [#neededFor]
  synchronized Dropped drop(long number) {
    List<Segment> dropped = new ArrayList<>();
    while (tables.getFirst().segment.header().number() < number) {
      dropped.add(tables.removeFirst().segment);
    }
    Table first = tables.getFirst();
    if (dropped.isEmpty() || first.settled) {
      return new Dropped(dropped, Optional.empty());
    }
    firstIndex = firstIndex(first);
    return new Dropped(dropped, Optional.of(first.segment.header().start()));
  }

  /// Where to find entries from `from` on, up to at most `upTo`, stopping after `maxBytes` but
  /// with at least one.
  ///
  /// @throws StorageException.OutOfRange when `from` is not in the log
  synchronized List<Span> find(long from, long upTo, long maxBytes) {
    if (from < firstIndex || from > lastIndex || upTo < from) {
      throw new StorageException.OutOfRange(from, upTo, firstIndex, lastIndex);
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
