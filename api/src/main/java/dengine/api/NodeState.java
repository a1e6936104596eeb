package dengine.api;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/// What a node is at a moment; [Lifecycle] tells it.
///
/// @param number counts the states of one node since it was started, from 1 and without a gap: two
///     of the same node whose numbers are further apart have others between them, which were left
///     out because whoever is told was too slow
/// @param nodeId the node; 0 in what a client tells that has never reached one
/// @param phase whether the node serves
/// @param role what the node is; empty once it takes no part any more, or cannot be asked. One that
///     was elected is a candidate until it has applied everything that was committed before: only
///     then does it lead, and say so. One that has lost its leader is a follower until it campaigns
/// @param term its current term; never goes back
/// @param leader who leads that term, as far as the node knows
/// @param firstCommit place in the log of the first entry of the term, once the node has applied
///     it. From then on it knows everything that earlier leaders acknowledged; a linearizable read
///     waits for no less. Where that entry is no longer known, a later one of the same term
/// @param cause why the node stops, if it does so by itself, for people
public record NodeState(
    long number,
    int nodeId,
    Phase phase,
    Optional<Member.Role> role,
    long term,
    Optional<Leader> leader,
    OptionalLong firstCommit,
    Optional<String> cause) {

  /// Whether a node serves. It goes to and fro between the first two, and never back from those it
  /// ends with.
  public enum Phase {

    /// It knows no leader that serves: it has just started, or there is an election.
    WAITING,

    /// It knows a leader; if it leads itself, it has applied what its predecessors committed.
    SERVING,

    /// It takes no new calls, finishes those it has, and hands over leadership.
    STOPPING,

    /// It has stopped and released everything. Not told over a network: there the end of the node's
    /// connections comes before.
    STOPPED,

    /// Told by `GrpcClient` only: no server answers. The rest is what was told last.
    UNREACHABLE
  }

  public NodeState {
    Objects.requireNonNull(phase);
    if (phase == Phase.SERVING && leader.isEmpty()) {
      throw new IllegalArgumentException("leader = none, but the phase is SERVING");
    }
  }

  /// Whether the node serves: it knows a leader that does, or is it.
  public boolean isServing() {
    return phase == Phase.SERVING;
  }

  /// Whether the node leads, may act as a leader, and takes calls.
  public boolean isLeader() {
    return isServing() && role.isPresent() && role.get() == Member.Role.LEADER;
  }

  /// Whether the node stops, or has stopped.
  public boolean isEnding() {
    return phase == Phase.STOPPING || phase == Phase.STOPPED;
  }
}
