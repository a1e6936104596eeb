package dengine.raft;

import java.util.List;

/// What the core must know about the log that was found on disk: no entries, only where terms
/// begin.
///
/// @param base the position just before the first entry; [Position#ORIGIN] for an uncompacted log
/// @param runs where each term begins, ascending, the first run at `base.index() + 1`
/// @param lastIndex index of the last entry; equals `base.index()` when there is none
/// @param lastTime cluster time of the last entry in milliseconds, 0 when there is none
public record RecoveredLog(Position base, List<TermRun> runs, long lastIndex, long lastTime) {

  /// The log of a node that never ran.
  public static final RecoveredLog EMPTY = new RecoveredLog(Position.ORIGIN, List.of(), 0, 0);

  /// A maximal stretch of entries with one term.
  ///
  /// @param firstIndex index of the first entry of the stretch
  /// @param term the term of all its entries
  public record TermRun(long firstIndex, long term) {}

  public RecoveredLog {
    runs = List.copyOf(runs);
    long index = base.index();
    long term = base.term();
    for (TermRun run : runs) {
      boolean inOrder =
          index == base.index() ? run.firstIndex == index + 1 : run.firstIndex > index;
      if (!inOrder || run.term < term || run.firstIndex > lastIndex) {
        throw new IllegalArgumentException("term runs out of order: " + runs + " after " + base);
      }
      index = run.firstIndex;
      term = run.term;
    }
    if (runs.isEmpty() != (lastIndex == base.index())) {
      throw new IllegalArgumentException("last index " + lastIndex + " with term runs " + runs);
    }
  }
}
