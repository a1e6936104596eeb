package dengine.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A node's log and vote on a disk whose writes complete when the test says so. A crash loses what
/// was not synced; a sync makes a prefix of the writes durable, each as a whole.
final class SimulatedDisk {

  private final ArrayDeque<Effect.Persist> writing = new ArrayDeque<>();

  /// What a reader sees that trusts the page cache: all writes so far.
  private final Image written = new Image();

  /// What a crash leaves.
  private final Image durable = new Image();

  /// Term, vote and entries at one moment.
  static final class Image {
    private final List<Entry> entries = new ArrayList<>();
    private HardState hard = HardState.INITIAL;

    HardState hard() {
      return hard;
    }

    long lastIndex() {
      return entries.size();
    }

    Position last() {
      return at(entries.size());
    }

    Position at(long index) {
      return index == 0 ? Position.ORIGIN : entry(index).position();
    }

    boolean holds(Position position) {
      return position.index() <= lastIndex() && at(position.index()).equals(position);
    }

    Entry entry(long index) {
      return entries.get((int) index - 1);
    }

    List<Entry> entries() {
      return List.copyOf(entries);
    }

    private void take(Effect.Persist write) {
      write.hardState().ifPresent(next -> hard = next);
      if (write.truncateFrom() > 0) {
        truncate(write.truncateFrom());
      }
      for (Entry entry : write.entries()) {
        if (entry.index() != lastIndex() + 1) {
          throw new IllegalStateException(entry + " written after " + lastIndex());
        }
        if (entry.term() > hard.term()) {
          throw new IllegalStateException(entry + " written before its term, at " + hard + " (D8)");
        }
        entries.add(entry);
      }
    }

    private void truncate(long from) {
      if (from > lastIndex()) {
        throw new IllegalStateException("truncated from " + from + " of " + lastIndex());
      }
      entries.subList((int) from - 1, entries.size()).clear();
    }

    private void reset(Image other) {
      entries.clear();
      entries.addAll(other.entries);
      hard = other.hard;
    }
  }

  Image durable() {
    return durable;
  }

  Image written() {
    return written;
  }

  void write(Effect.Persist write) {
    writing.add(write);
    written.take(write);
  }

  /// Numbers of the writes that are not durable yet, ascending.
  List<Long> unsynced() {
    return writing.stream().map(Effect.Persist::sequence).toList();
  }

  /// Makes everything up to and including this write durable.
  void sync(long upTo) {
    while (!writing.isEmpty() && writing.peek().sequence() <= upTo) {
      durable.take(writing.remove());
    }
  }

  void crash() {
    writing.clear();
    written.reset(durable);
  }

  /// Loses or changes what was durable: a disk that lies. Only for planted bugs and rule L16.
  void damage(HardState hard, long keepUpTo) {
    durable.hard = hard;
    if (keepUpTo < durable.lastIndex()) {
      durable.truncate(keepUpTo + 1);
    }
    written.reset(durable);
  }

  /// What [Effect.ReadEntries] asks for, from what is durable; empty if the log ends before.
  List<Entry> read(long from, long upTo, long maxBytes) {
    List<Entry> read = new ArrayList<>();
    long bytes = 0;
    for (long i = from; i <= Math.min(upTo, durable.lastIndex()); i++) {
      Entry entry = durable.entry(i);
      bytes += entry.size();
      if (bytes > maxBytes && !read.isEmpty()) {
        break;
      }
      read.add(entry);
    }
    return read;
  }

  /// What a node finds when it starts.
  RecoveredLog recovered() {
    List<RecoveredLog.TermRun> runs = new ArrayList<>();
    long term = 0;
    for (Entry entry : durable.entries) {
      if (entry.term() != term) {
        term = entry.term();
        runs.add(new RecoveredLog.TermRun(entry.index(), term));
      }
    }
    long time =
        Optional.of(durable.entries)
            .filter(e -> !e.isEmpty())
            .map(e -> e.getLast().time())
            .orElse(0L);
    return new RecoveredLog(Position.ORIGIN, runs, durable.lastIndex(), time);
  }
}
