package dengine.testkit.conformance;

import dengine.engine.spi.LogStore;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import dengine.raft.SnapshotPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a log must be after some changes. An immutable value.
///
/// @param base the position before the first entry that must be there
/// @param baseTime cluster time of the entry there
/// @param entries those that are known, the first right after `base`
record LogModel(HardState hardState, Position base, long baseTime, List<Entry> entries) {

  static final LogModel NEW = new LogModel(HardState.INITIAL, Position.ORIGIN, 0, List.of());

  LogModel {
    entries = List.copyOf(entries);
  }

  long lastIndex() {
    return base.index() + entries.size();
  }

  Position last() {
    return entries.isEmpty() ? base : entries.getLast().position();
  }

  long lastTime() {
    return entries.isEmpty() ? baseTime : entries.getLast().time();
  }

  Entry entry(long index) {
    return entries.get((int) (index - base.index() - 1));
  }

  List<Entry> between(long from, long upTo) {
    return entries.subList((int) (from - base.index() - 1), (int) (upTo - base.index()));
  }

  LogModel after(Persist change) {
    Position first = base;
    long time = baseTime;
    List<Entry> next = new ArrayList<>(entries);
    Optional<SnapshotPoint> reset = change.reset();
    if (reset.isPresent()) {
      first = reset.get().position();
      time = reset.get().time();
      next.clear();
    }
    if (change.truncateFrom() > 0) {
      next.subList((int) (change.truncateFrom() - first.index() - 1), next.size()).clear();
    }
    next.addAll(change.entries());
    return new LogModel(change.hardState().orElse(hardState), first, time, next);
  }

  /// The same log when it begins later.
  LogModel from(Position later) {
    if (later.equals(base)) {
      return this;
    }
    Entry at = entry(later.index());
    return new LogModel(hardState, later, at.time(), between(later.index() + 1, lastIndex()));
  }

  /// Why a log that was found is not this one; empty if it is.
  ///
  /// @param compacted up to where entries may be missing
  Optional<String> difference(LogStore log, long compacted) {
    LogStore.Recovered found = log.recovered();
    long begin = found.log().base().index();
    if (begin < base.index() || begin > Math.max(base.index(), compacted) || begin > lastIndex()) {
      return Optional.of(
          "it begins after %d; permitted: %d to %d".formatted(begin, base.index(), compacted));
    }
    Position at = begin == base.index() ? base : entry(begin).position();
    LogModel expected = from(at);
    if (!found.hardState().equals(hardState)) {
      return Optional.of("it has %s, not %s".formatted(found.hardState(), hardState));
    }
    if (!expected.agrees(found.log())) {
      return Optional.of("it says %s, not %s".formatted(found.log(), expected.recovered()));
    }
    List<Entry> memberships =
        expected.entries.stream().filter(it -> it.kind() == Entry.Kind.MEMBERSHIP).toList();
    if (!found.memberships().equals(memberships)) {
      return Optional.of(
          "its configurations are %s, not %s".formatted(found.memberships(), memberships));
    }
    return expected.differenceOfEntries(log);
  }

  private Optional<String> differenceOfEntries(LogStore log) {
    if (entries.isEmpty()) {
      return Optional.empty();
    }
    List<Entry> all = log.read(base.index() + 1, lastIndex(), Long.MAX_VALUE);
    return all.equals(entries)
        ? Optional.empty()
        : Optional.of("its entries are %s, not %s".formatted(all, entries));
  }

  /// Of an empty log the time may be that of the entry before it, or none.
  private boolean agrees(RecoveredLog found) {
    RecoveredLog expected = recovered();
    return found.equals(expected)
        || (entries.isEmpty()
            && found.equals(
                new RecoveredLog(
                    base, List.of(), base.index(), expected.lastTime() == 0 ? baseTime : 0)));
  }

  private RecoveredLog recovered() {
    List<TermRun> runs = new ArrayList<>();
    for (Entry entry : entries) {
      if (runs.isEmpty() || runs.getLast().term() != entry.term()) {
        runs.add(new TermRun(entry.index(), entry.term()));
      }
    }
    return new RecoveredLog(base, runs, lastIndex(), lastTime());
  }
}
