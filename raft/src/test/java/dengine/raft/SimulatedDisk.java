package dengine.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/// A node's log, vote, newest snapshot and founders on a disk whose writes complete when the test
/// says so. A crash loses what was not synced; a sync makes a prefix of the writes durable, each as
/// a whole.
///
/// A snapshot is as good as the entries it includes, so an image always has all of them, of which
/// those up to its base can no longer be read as entries.
final class SimulatedDisk {

  private final ArrayDeque<Effect.Persist> writing = new ArrayDeque<>();

  /// The first entries of the log that all agree on.
  private final LongFunction<List<Entry>> history;

  /// What a reader sees that trusts the page cache: all writes so far.
  private final Image written = new Image();

  /// What a crash leaves.
  private final Image durable = new Image();

  private Optional<SnapshotPoint> snapshot = Optional.empty();
  private Optional<Membership> founders = Optional.empty();
  private Optional<Membership> restored = Optional.empty();

  /// @param history what a snapshot of that index holds
  SimulatedDisk(LongFunction<List<Entry>> history) {
    this.history = history;
  }

  /// Term, vote and entries at one moment.
  static final class Image {
    private final List<Entry> entries = new ArrayList<>();
    private HardState hard = HardState.INITIAL;
    private long base;

    /// What was in the log after the last snapshot that it began anew with.
    private List<Entry> replaced = List.of();

    /// Up to where entries are there only as part of a snapshot.
    long base() {
      return base;
    }

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

    private void take(Effect.Persist write, LongFunction<List<Entry>> history) {
      write.hardState().ifPresent(next -> hard = next);
      write.reset().ifPresent(point -> reset(point, history));
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

    private void reset(SnapshotPoint point, LongFunction<List<Entry>> history) {
      int from = (int) Math.min(point.position().index(), lastIndex());
      replaced = List.copyOf(entries.subList(from, entries.size()));
      entries.clear();
      entries.addAll(history.apply(point.position().index()));
      base = point.position().index();
    }

    private void truncate(long from) {
      if (from <= base) {
        throw new IllegalStateException("truncated from " + from + ", base is " + base);
      }
      if (from > lastIndex()) {
        throw new IllegalStateException("truncated from " + from + " of " + lastIndex());
      }
      entries.subList((int) from - 1, entries.size()).clear();
    }

    private void reset(Image other) {
      entries.clear();
      entries.addAll(other.entries);
      hard = other.hard;
      base = other.base;
    }
  }

  Image durable() {
    return durable;
  }

  Image written() {
    return written;
  }

  void write(Effect.Persist write) {
    write
        .reset()
        .ifPresent(
            point -> {
              if (snapshot.isEmpty()
                  || snapshot.get().position().index() < point.position().index()) {
                throw new Ledger.Violation("C5: reset to " + point + ", durable is " + snapshot);
              }
            });
    writing.add(write);
    written.take(write, history);
  }

  /// Numbers of the writes that are not durable yet, ascending.
  List<Long> unsynced() {
    return writing.stream().map(Effect.Persist::sequence).toList();
  }

  /// Makes everything up to and including this write durable.
  void sync(long upTo) {
    while (!writing.isEmpty() && writing.peek().sequence() <= upTo) {
      durable.take(writing.remove(), history);
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

  /// What was given up for a snapshot is there again. Only for planted bugs.
  void regainReplaced() {
    if (durable.lastIndex() == durable.base) {
      durable.entries.addAll(durable.replaced);
    }
    durable.replaced = List.of();
    written.reset(durable);
  }

  /// The newest snapshot, durable.
  Optional<SnapshotPoint> snapshot() {
    return snapshot;
  }

  void save(SnapshotPoint point) {
    if (snapshot.isEmpty() || snapshot.get().position().index() < point.position().index()) {
      snapshot = Optional.of(point);
    }
  }

  /// Frees entries that a snapshot includes.
  void compact(Position upTo) {
    if (snapshot.isEmpty() || snapshot.get().position().index() < upTo.index()) {
      throw new Ledger.Violation("C5: compacts up to " + upTo + ", durable is " + snapshot);
    }
    written.base = Math.max(written.base, upTo.index());
    // A log that was reset meanwhile begins elsewhere once that is durable.
    if (durable.lastIndex() >= upTo.index()) {
      durable.base = Math.max(durable.base, upTo.index());
    }
  }

  Optional<Membership> founders() {
    return founders;
  }

  void found(Membership membership) {
    founders = Optional.of(membership);
    restored = Optional.empty();
  }

  /// Who is to found a cluster out of a backup, and has not.
  Optional<Membership> restored() {
    return restored;
  }

  /// The disk is new, and has nothing but a backup of this state for these members.
  void restore(SnapshotPoint backup, Membership members) {
    Position position = backup.position();
    snapshot = Optional.of(new SnapshotPoint(position, backup.time(), members, 0));
    restored = Optional.of(members);
    repair();
  }

  /// What recovery does when the machine died between a snapshot and the log that begins after it.
  void repair() {
    snapshot
        .filter(point -> !durable.holds(point.position()))
        .ifPresent(
            point -> {
              durable.reset(point, history);
              long term = point.position().term();
              if (durable.hard.term() < term) {
                durable.hard = new HardState(term, 0); // D8
              }
              written.reset(durable);
            });
  }

  /// The disk is another one, with nothing on it.
  void wipe() {
    writing.clear();
    durable.entries.clear();
    durable.hard = HardState.INITIAL;
    durable.base = 0;
    written.reset(durable);
    snapshot = Optional.empty();
    founders = Optional.empty();
    restored = Optional.empty();
  }

  /// What [Effect.ReadEntries] asks for, from what is durable; empty if the log ends before.
  List<Entry> read(long from, long upTo, long maxBytes) {
    List<Entry> read = new ArrayList<>();
    if (from <= durable.base) {
      throw new Ledger.Violation("reads " + from + ", where the log begins after " + durable.base);
    }
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
    Position base = durable.at(durable.base);
    long term = 0;
    for (Entry entry : durable.entries.subList((int) durable.base, durable.entries.size())) {
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
    return new RecoveredLog(base, runs, durable.lastIndex(), time);
  }
}
