package dengine.raft;

/// The two numbers a node must never forget: written as one atomic record before any answer that
/// depends on them leaves the node (Figure 2 of the paper, "persistent state").
///
/// @param term the latest term this node has seen
/// @param vote the candidate that got this node's vote in `term`, or 0 for none
public record HardState(long term, int vote) {

  /// What a node that never ran knows.
  public static final HardState INITIAL = new HardState(0, 0);

  public HardState {
    if (term < 0 || vote < 0) {
      throw new IllegalArgumentException("hard state term=" + term + " vote=" + vote);
    }
  }
}
