package dengine.engine;

import dengine.raft.Raft;
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
/// @param load what waits in it
public record NodeStatus(
    int id,
    long clusterId,
    RoleChange.Kind role,
    long term,
    int leader,
    long lastIndex,
    long commitIndex,
    long appliedIndex,
    List<Peer> peers,
    Load load) {

  /// A leader's knowledge of a peer.
  ///
  /// @param matchIndex up to where the peer's log is known to agree durably
  /// @param lastContactMillis milliseconds since the peer last answered; -1 if never in this term
  public record Peer(int id, long matchIndex, long lastContactMillis) {}

  /// What waits in a node. Calls and bytes are bounded; close to a bound calls are refused.
  ///
  /// @param events calls and messages that wait for the event loop: no call joins more than
  ///     [NodeOptions#maxPendingCalls]; messages are few unless the node stood still
  /// @param calls calls that have not ended
  /// @param readers readers that wait for the state machine: none joins more than
  ///     [NodeOptions#maxPendingCalls]
  /// @param core what waits in the algorithm
  public record Load(int events, int calls, int readers, Raft.Load core) {}

  public NodeStatus {
    peers = List.copyOf(peers);
  }
}
