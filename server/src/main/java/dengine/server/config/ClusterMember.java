package dengine.server.config;

/// A node that belongs to the cluster from its beginning.
///
/// @param id its number, at least 1
/// @param address where peers and clients reach it
/// @param learner whether it receives the log without a vote
public record ClusterMember(int id, HostPort address, boolean learner) {

  public ClusterMember {
    if (id < 1) {
      throw new IllegalArgumentException("id = " + id + ", permitted: 1 or more");
    }
  }
}
