package dengine.embedded;

/// A member of the cluster and where it is reached.
///
/// @param id its number, at least 1
/// @param address `host:port` for peers and clients; empty only for a node that is alone and serves
///     nobody
/// @param learner whether it receives the log without a vote
public record MemberAddress(int id, String address, boolean learner) {
  public MemberAddress {
    if (id < 1) {
      throw new IllegalArgumentException("member id = " + id + ", permitted: >= 1");
    }
  }

  /// A voter.
  public static MemberAddress voter(int id, String address) {
    return new MemberAddress(id, address, false);
  }
}
