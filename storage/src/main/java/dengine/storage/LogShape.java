package dengine.storage;

import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import java.util.ArrayList;
import java.util.List;

/// What the stream of changes adds up to: term, vote, where the log begins and where terms do.
/// Writing and recovery follow the same stream through this class, so that nothing is written that
/// could not be read again. Belongs to the log thread.
final class LogShape {

  private HardState hardState;
  private Position base;
  private long baseTime;
  private long lastIndex;
  private long released;
  private final List<TermRun> runs = new ArrayList<>();

  /// The log at the start of a file, if all files before it are gone.
  LogShape(SegmentHeader.Start start) {
    hardState = start.hardState();
    base = start.last();
    baseTime = start.lastTime();
    lastIndex = base.index();
    released = start.released();
  }

  HardState hardState() {
    return hardState;
  }

  /// The position just before the first entry.
  Position base() {
    return base;
  }

  /// Cluster time at the base.
  long baseTime() {
    return baseTime;
  }

  boolean isEmpty() {
    return lastIndex == base.index();
  }

  /// The position of the last entry; the base if there is none.
  Position last() {
    return new Position(lastIndex, runs.isEmpty() ? base.term() : runs.getLast().term());
  }

  /// Number of the first file that must be there: those before it may have been deleted.
  long released() {
    return released;
  }

  /// @throws IllegalArgumentException when a term would be forgotten
  void hardState(HardState next) {
    if (next.term() < hardState.term()) {
      throw new IllegalArgumentException("term goes back from " + hardState + " to " + next);
    }
    hardState = next;
  }

  /// The log goes on after this position; what was in it is dropped.
  ///
  /// @throws IllegalArgumentException when no entry can be there
  void reset(Position position, long time) {
    if (position.index() < 1 || position.term() < 1) {
      throw new IllegalArgumentException("new beginning after " + position);
    }
    runs.clear();
    base = position;
    baseTime = time;
    lastIndex = position.index();
  }

  /// @throws IllegalArgumentException when the log does not reach as far as `from - 1`
  void truncate(long from) {
    if (from <= base.index() || from > lastIndex + 1) {
      throw new IllegalArgumentException(
          "truncation from " + from + " of " + (base.index() + 1) + ".." + lastIndex);
    }
    while (!runs.isEmpty() && runs.getLast().firstIndex() >= from) {
      runs.removeLast();
    }
    lastIndex = from - 1;
  }

  /// @throws IllegalArgumentException when the entry is not the next one, or of an earlier term
  void append(long index, long term) {
    Position last = last();
    if (index != lastIndex + 1 || term < 1 || term < last.term()) {
      throw new IllegalArgumentException(
          "entry " + index + "/" + term + " after " + last.index() + "/" + last.term());
    }
    if (isEmpty() || term > last.term()) {
      runs.add(new TermRun(index, term));
    }
    lastIndex = index;
  }

  /// Files before this number may be deleted from now on.
  ///
  /// @throws IllegalArgumentException when a file would have to come back, or the present one go
  void release(long number, long present) {
    if (number < released || number > present) {
      throw new IllegalArgumentException(
          "release of files before " + number + ", they are " + released + ".." + present);
    }
    released = number;
  }

  /// The entries up to this position are gone.
  void forgetUpTo(Position position, long time) {
    if (position.index() <= base.index()) {
      return;
    }
    long first = position.index() + 1;
    long term = 0;
    while (!runs.isEmpty() && runs.getFirst().firstIndex() <= first) {
      term = runs.removeFirst().term();
    }
    if (first <= lastIndex && term > 0) {
      runs.addFirst(new TermRun(first, term));
    }
    base = position;
    baseTime = time;
  }

  /// Term and vote to go on with. A term is at least that of the last entry, even where entries of
  /// a term were stored without it; a vote belongs to its term and is forgotten with it (rule D8).
  HardState repairedHardState() {
    return last().term() > hardState.term() ? new HardState(last().term(), 0) : hardState;
  }

  /// Where terms begin.
  RecoveredLog log(long lastTime) {
    return new RecoveredLog(base, runs, lastIndex, lastTime);
  }
}
