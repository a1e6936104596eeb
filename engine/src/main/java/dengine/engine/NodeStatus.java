package dengine.engine;

import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.RoleChange;
import java.util.List;
import java.util.Optional;

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
/// @param configuration the configuration that counts for it, committed or not
/// @param removed whether it knows that it is no member any more: it goes on as a learner that
///     nobody sends anything to, and may be stopped
/// @param history what it keeps of the past
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
    Load load,
    Configuration configuration,
    boolean removed,
    History history) {

  /// A leader's knowledge of a peer.
  ///
  /// @param matchIndex up to where the peer's log is known to agree durably
  /// @param lastContactMillis milliseconds since the peer last answered; while it has not, since
  ///     this node began to lead or took it in: a new peer counts as just heard from (rule M9)
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

  /// What a node keeps of the past.
  ///
  /// @param firstIndex of the first entry in its log; one more than the last index if there is none
  /// @param snapshot the newest, if there is one
  /// @param transfers snapshots on their way to and from others
  public record History(long firstIndex, Optional<Kept> snapshot, List<Transfer> transfers) {
    public History {
      transfers = List.copyOf(transfers);
    }
  }

  /// A snapshot.
  ///
  /// @param position of the last entry it includes
  /// @param bytes length of its file
  /// @param ageMillis milliseconds since it was taken, by wall clocks
  public record Kept(Position position, long bytes, long ageMillis) {}

  /// A snapshot on its way.
  ///
  /// @param peer who gets it, or from whom it comes
  /// @param sending whether this node sends it
  /// @param position of the last entry it includes
  /// @param doneBytes how far it has come
  /// @param bytes length of its file
  public record Transfer(
      int peer, boolean sending, Position position, long doneBytes, long bytes) {}

  public NodeStatus {
    peers = List.copyOf(peers);
  }
}
