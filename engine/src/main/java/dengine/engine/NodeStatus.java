package dengine.engine;

import dengine.raft.RoleChange;
import java.util.List;

/// A node's view of itself and, on a leader, of its peers; a snapshot for operators.
///
/// @param id this node
/// @param clusterId the cluster it belongs to
/// @param role what it is
/// @param term its current term
/// @param leader id of the leader as far as known, or 0
/// @param lastIndex end of its log
/// @param commitIndex up to where it knows the log to be committed
/// @param appliedIndex up to where its state machine has applied
/// @param peers on a leader, one per other member; otherwise empty
public record NodeStatus(
    int id,
    long clusterId,
    RoleChange.Kind role,
    long term,
    int leader,
    long lastIndex,
    long commitIndex,
    long appliedIndex,
    List<Peer> peers) {

  /// A leader's knowledge of a peer.
  ///
  /// @param matchIndex up to where the peer's log is known to agree durably
  /// @param lastContactMillis milliseconds since the peer last answered; -1 if never in this term
  public record Peer(int id, long matchIndex, long lastContactMillis) {}

  public NodeStatus {
    peers = List.copyOf(peers);
  }
}
