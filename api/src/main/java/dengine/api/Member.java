package dengine.api;

/// A node of the cluster.
///
/// @param id its number, at least 1
/// @param address where clients reach it, `host:port`
/// @param role what it is as far as the answering node knows
public record Member(int id, String address, Role role) {

  /// What a node may be.
  public enum Role {
    LEADER,
    FOLLOWER,
    CANDIDATE,
    LEARNER
  }
}
