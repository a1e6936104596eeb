package dengine.storage;

import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.RecoveredLog.TermRun;
import java.util.ArrayList;
import java.util.List;

/// What the stream of changes adds up to: term, vote, and where terms begin. Writing and recovery
/// follow the same stream through this class, so that nothing is written that could not be read
/// again. Belongs to the log thread.
final class LogShape {

  private HardState hardState;
  private long lastIndex;
  private final List<TermRun> runs = new ArrayList<>();

  LogShape() {
    hardState = HardState.INITIAL;
  }

  HardState hardState() {
    return hardState;
  }

  long lastIndex() {
    return lastIndex;
  }

  /// Term of the last entry, 0 if there is none.
  long lastTerm() {
    return runs.isEmpty() ? 0 : runs.getLast().term();
  }

  /// @throws IllegalArgumentException when a term would be forgotten
  void hardState(HardState next) {
    if (next.term() < hardState.term()) {
      throw new IllegalArgumentException("term goes back from " + hardState + " to " + next);
    }
    hardState = next;
  }

  /// @throws IllegalArgumentException when the log does not reach as far as `from - 1`
  void truncate(long from) {
    if (from < 1 || from > lastIndex + 1) {
      throw new IllegalArgumentException("truncation from " + from + " of 1.." + lastIndex);
    }
    while (!runs.isEmpty() && runs.getLast().firstIndex() >= from) {
      runs.removeLast();
    }
    lastIndex = from - 1;
  }

  /// @throws IllegalArgumentException when the entry is not the next one, or of an earlier term
  void append(long index, long term) {
    if (index != lastIndex + 1 || term < 1 || term < lastTerm()) {
      throw new IllegalArgumentException(
          "entry " + index + "/" + term + " after " + lastIndex + "/" + lastTerm());
    }
    if (term > lastTerm()) {
      runs.add(new TermRun(index, term));
    }
    lastIndex = index;
  }

  /// Term and vote to go on with. A term is at least that of the last entry, even where entries of
  /// a term were stored without it; a vote belongs to its term and is forgotten with it (rule D8).
  HardState repairedHardState() {
    return lastTerm() > hardState.term() ? new HardState(lastTerm(), 0) : hardState;
  }

  /// Where terms begin.
  RecoveredLog log(long lastTime) {
    return new RecoveredLog(Position.ORIGIN, runs, lastIndex, lastTime);
  }
}
