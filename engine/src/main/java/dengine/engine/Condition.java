package dengine.engine;

import dengine.raft.RoleChange;
import java.util.Optional;

/// What a node is at a moment, for whoever follows it.
///
/// @param number counts the conditions of this node from 1, without a gap
/// @param phase whether it serves
/// @param role what it is; empty once it takes no part any more. A node that was elected is shown
///     as a candidate until it has applied everything up to the entry that opened its term: only
///     then may it act as a leader. One that asks whether it would be elected (pre-vote) is shown
///     as the follower that it is until it campaigns, and never as PRE_CANDIDATE
/// @param term its current term
/// @param leader id of the leader of `term` as far as known, or 0; this node only when `role` is
///     LEADER
/// @param leaderAddress where the configuration that counts says that the leader is; empty if it
///     does not say, or there is none
/// @param firstCommit index of the first entry of `term`, once this node has applied it; 0 before.
///     From then on it knows everything that earlier leaders committed. On a node that has
///     forgotten that entry, or never had it because of a snapshot, a later one of the same term
/// @param cause why it stops, if it does so by itself
public record Condition(
    long number,
    Phase phase,
    Optional<RoleChange.Kind> role,
    long term,
    int leader,
    String leaderAddress,
    long firstCommit,
    Optional<Throwable> cause) {

  /// Whether a node serves. It may go to and fro between the first two, never back from the others.
  public enum Phase {
    /// It knows no leader that serves: it has just started, or there is an election.
    WAITING,
    /// It knows a leader; if it is one itself, it has applied what its predecessors committed.
    SERVING,
    /// It takes no new calls and will be gone.
    STOPPING,
    /// It has let go of everything.
    STOPPED
  }

  /// Whether it stops, or has stopped.
  public boolean isEnding() {
    return phase.compareTo(Phase.STOPPING) >= 0;
  }

  /// Whether it leads, and may act as a leader.
  public boolean isLeading() {
    return role.isPresent() && role.get() == RoleChange.Kind.LEADER;
  }

  boolean saysTheSameAs(Condition other) {
    return equals(
        new Condition(
            number,
            other.phase,
            other.role,
            other.term,
            other.leader,
            other.leaderAddress,
            other.firstCommit,
            other.cause));
  }
}
