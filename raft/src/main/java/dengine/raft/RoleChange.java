package dengine.raft;

/// What a node is, in which term, and whom it takes for the leader.
///
/// @param term the current term
/// @param role what this node is now
/// @param leader id of the leader of `term` as far as known, or 0
public record RoleChange(long term, Kind role, int leader) {

  /// The roles, as reported to the outside.
  public enum Kind {
    FOLLOWER,
    PRE_CANDIDATE,
    CANDIDATE,
    LEADER,
    LEARNER
  }
}
