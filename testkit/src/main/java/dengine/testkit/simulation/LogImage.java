package dengine.testkit.simulation;

import dengine.engine.spi.LogStore;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a log holds, in plain lists.
final class LogImage {

  private HardState hard;

  /// Right before the first entry.
  private Position base;

  private final List<Entry> entries;

  private LogImage(HardState hard, Position base, List<Entry> entries) {
    this.hard = hard;
    this.base = base;
    this.entries = new ArrayList<>(entries);
  }

  /// What a log has when it is opened.
  static LogImage of(LogStore log) {
    LogStore.Recovered found = log.recovered();
    Position base = found.log().base();
    long last = found.log().lastIndex();
    return new LogImage(
        found.hardState(),
        base,
        last == base.index() ? List.of() : log.read(base.index() + 1, last, Long.MAX_VALUE));
  }

  LogImage copy() {
    return new LogImage(hard, base, entries);
  }

  long lastIndex() {
    return base.index() + entries.size();
  }

  Position base() {
    return base;
  }

  HardState hard() {
    return hard;
  }

  /// The entry at an index, if there is one.
  Optional<Entry> entry(long index) {
    return index > base.index() && index <= lastIndex()
        ? Optional.of(entries.get((int) (index - base.index()) - 1))
        : Optional.empty();
  }

  /// What is at an index, the base included.
  Optional<Position> at(long index) {
    return index == base.index() ? Optional.of(base) : entry(index).map(Entry::position);
  }

  /// The entries that are configurations.
  List<Entry> memberships() {
    return entries.stream().filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP).toList();
  }

  Optional<Membership> lastMembership() {
    for (Entry entry : entries.reversed()) {
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        return Optional.of(Membership.decode(entry.payload()));
      }
    }
    return Optional.empty();
  }

  void apply(Effect.Persist change) {
    hard = change.hardState().orElse(hard);
    if (change.reset().isPresent()) {
      SnapshotPoint point = change.reset().get();
      base = point.position();
      entries.clear();
    }
    if (change.truncateFrom() > 0) {
      entries.subList((int) (change.truncateFrom() - base.index()) - 1, entries.size()).clear();
    }
    entries.addAll(change.entries());
  }

  /// Rule D8: the term is at least that of the last entry.
  private HardState repaired() {
    long lastTerm = entries.isEmpty() ? base.term() : entries.getLast().term();
    return lastTerm > hard.term() ? new HardState(lastTerm, 0) : hard;
  }

  /// Whether this is what is left of a log when entries up to an index may be gone.
  boolean isLeftOf(LogImage whole, long dispensable) {
    if (!repaired().equals(whole.repaired())
        || lastIndex() != whole.lastIndex()
        || base.index() < whole.base.index()
        || base.index() > Math.max(whole.base.index(), dispensable)) {
      return false;
    }
    int gone = (int) (base.index() - whole.base.index());
    return whole.at(base.index()).equals(Optional.of(base))
        && entries.equals(whole.entries.subList(gone, whole.entries.size()));
  }

  @Override
  public String toString() {
    return repaired() + ", " + entries.size() + " entries after " + base + " " + entries;
  }
}
