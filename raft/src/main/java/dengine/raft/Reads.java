package dengine.raft;

import java.util.List;

/// Linearizable reads without writing to the log (thesis §6.4), and the lease.
///
/// Reads that arrive while a round is under way wait for the next one, which starts as soon as this
/// one is confirmed. A round's number is never used twice, and an answer counts for its own term
/// only (rule R2).
final class Reads {

  private final NodeState state;
  private final Replication replication;

  Reads(NodeState state, Replication replication) {
    this.state = state;
    this.replication = replication;
  }

  void onReadAsked(List<Ticket> tickets) {
    if (!(state.role() instanceof Role.Leader leader)) {
      refuse(tickets, new Refusal.NotLeader(state.role().leader()));
    } else if (leader.transfer.isPresent()) {
      refuse(tickets, new Refusal.Transferring(leader.transfer.get().to()));
    } else {
      int pending = leader.readsWaiting.size() + leader.readsInRound.size();
      int room = state.options().maxPendingReads() - pending;
      int taken = Math.clamp(room, 0, tickets.size());
      leader.readsWaiting.addAll(tickets.subList(0, taken));
      refuse(tickets.subList(taken, tickets.size()), new Refusal.Overloaded("maxPendingReads"));
      startRound(leader);
    }
  }

  /// Starts the next round if reads wait and none is under way. Not before an entry of the own term
  /// is committed: until then this leader may not know of everything committed (rule R1).
  void startRound(Role.Leader leader) {
    boolean idle = leader.readsInRound.isEmpty() && !leader.readsWaiting.isEmpty();
    if (!idle || state.commit() < leader.firstOfTerm) {
      return;
    }
    leader.readsInRound.addAll(leader.readsWaiting);
    leader.readsWaiting.clear();
    leader.round++;
    leader.roundIndex = state.commit();
    for (Progress peer : leader.peers.values()) {
      if (state.membership().isVoter(peer.peer())) {
        replication.heartbeat(leader, peer);
      }
    }
    concludeRound(leader);
  }

  void concludeRound(Role.Leader leader) {
    if (leader.readsInRound.isEmpty() || confirmedRound(leader) < leader.round) {
      return;
    }
    state.emit(new Effect.ServeReads(List.copyOf(leader.readsInRound), leader.roundIndex));
    leader.readsInRound.clear();
    startRound(leader);
  }

  /// Until when, by the clock events are stamped with, this node may answer reads alone: it counts
  /// from the **send** time of what a quorum answered (rule R4). [Long#MIN_VALUE] for never.
  long leaseUntil(long applied) {
    if (!(state.role() instanceof Role.Leader leader)
        || leader.leaseBarred
        || leader.transfer.isPresent()
        || applied < leader.firstOfTerm) {
      return Long.MIN_VALUE;
    }
    long from =
        Quorum.reached(
            state.membership(),
            voter -> voter == state.id() ? Long.MAX_VALUE : leader.peer(voter).leaseFrom());
    return from == Long.MAX_VALUE
        ? Long.MAX_VALUE // no other voter could elect anybody
        : from + state.options().leaseDuration().toNanos();
  }

  void refuseAll(Role.Leader leader, Refusal refusal) {
    refuse(leader.readsInRound, refusal);
    refuse(leader.readsWaiting, refusal);
    leader.readsInRound.clear();
    leader.readsWaiting.clear();
  }

  private long confirmedRound(Role.Leader leader) {
    return Quorum.reached(
        state.membership(),
        voter -> voter == state.id() ? leader.round : leader.peer(voter).round());
  }

  private void refuse(List<Ticket> tickets, Refusal refusal) {
    for (Ticket ticket : tickets) {
      state.emit(new Effect.Refuse(ticket, refusal));
    }
  }
}
