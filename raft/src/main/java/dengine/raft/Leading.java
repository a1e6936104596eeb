package dengine.raft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a leader does: opens its term, takes proposals, commits, keeps its authority and hands it
/// over.
final class Leading {

  /// How long followers may not know of a commit when nothing else tells them, as a part of the
  /// heartbeat interval.
  private static final int COMMIT_NOTICE_FRACTION = 20;

  /// How long the disk may take for a write before another node should lead, in election timeouts.
  private static final int DISK_PATIENCE = 5;

  /// So long after a deadline, in nanoseconds, an entry is made for it if none came: deadlines that
  /// come together share one.
  private static final long TIME_GRACE = 50_000_000;

  /// While more is due than goes with one entry, another is made for it if none came for so long:
  /// nanoseconds.
  private static final long TIME_PACE = 5_000_000;

  /// While something has a deadline, the time is written down at least so often, in milliseconds: a
  /// new leader that got the last entry from its disk would go on from that one.
  private static final long MOST_TIME_UNWRITTEN = 10_000;

  private final NodeState state;
  private final Replication replication;
  private final Reads reads;
  private final Reconfiguration reconfiguration;

  Leading(NodeState state, Replication replication, Reads reads, Reconfiguration reconfiguration) {
    this.state = state;
    this.replication = replication;
    this.reads = reads;
    this.reconfiguration = reconfiguration;
  }

  /// Opens the term with a no-op, by which everything before it gets committed (§8).
  void begin() {
    RaftLog log = state.log();
    Role.Leader leader =
        new Role.Leader(state.id(), log.lastIndex() + 1, state.clusterTime(), state.now());
    reconfiguration.followPeers(leader);
    leader.heartbeatDue = state.now() + state.options().heartbeatInterval().toNanos();
    state.become(leader);
    Entry noop = Entry.noop(leader.firstOfTerm, state.term(), leader.clusterTime(state.now()));
    state.append(0, List.of(noop));
    replication.toAll(leader);
    commitWhatQuorumHolds(leader);
  }

  /// The time has come for the state machine to change by itself, or is to be written down before a
  /// new leader forgets it; and no entry has said so yet. That it gets committed shows that this
  /// node still leads.
  private void letTimePass(Role.Leader leader) {
    if (state.now() >= timeIsDue(leader) && leader.transfer.isEmpty()) {
      long index = state.log().lastIndex() + 1;
      leader.timeEntry = index;
      state.append(0, List.of(Entry.noop(index, state.term(), leader.clusterTime(state.now()))));
      replication.toAll(leader);
      commitWhatQuorumHolds(leader);
    }
  }

  private long timeIsDue(Role.Leader leader) {
    long last = state.log().lastTime();
    if (state.isOverdue()) {
      // What the one before it left over is known when that is applied.
      return state.applied() < leader.timeEntry ? Long.MAX_VALUE : leader.nanosAt(last) + TIME_PACE;
    }
    if (state.due() == Long.MAX_VALUE || state.due() <= last) {
      return Long.MAX_VALUE;
    }
    long millis = Math.min(state.due() - last, MOST_TIME_UNWRITTEN);
    return leader.nanosAt(last + millis) + TIME_GRACE;
  }

  void onProposed(List<Event.Proposal> proposals) {
    if (!(state.role() instanceof Role.Leader leader)) {
      refuse(proposals, new Refusal.NotLeader(state.role().leader()));
      return;
    }
    if (leader.transfer.isPresent()) {
      refuse(proposals, new Refusal.Transferring(leader.transfer.get().to()));
      return;
    }
    long room = state.options().maxUnappliedBytes() - state.unappliedBytes();
    long time = leader.clusterTime(state.now());
    List<Entry> entries = new ArrayList<>(proposals.size());
    long index = state.log().lastIndex();
    for (Event.Proposal proposal : proposals) {
      int bytes = proposal.payload().length;
      if (bytes > Entry.MAX_PAYLOAD_BYTES) {
        // No disk would take it, and by then it could be on its way to all of them.
        Refusal tooLarge = new Refusal.TooLarge(bytes, Entry.MAX_PAYLOAD_BYTES);
        state.emit(new Effect.Refuse(proposal.ticket(), tooLarge));
        continue;
      }
      if (room <= 0) {
        Refusal overloaded = new Refusal.Overloaded("maxUnappliedBytes");
        state.emit(new Effect.Refuse(proposal.ticket(), overloaded));
        continue;
      }
      index++;
      Entry entry = new Entry(index, state.term(), time, Entry.Kind.COMMAND, proposal.payload());
      room -= entry.size();
      entries.add(entry);
      state.emit(new Effect.Accept(proposal.ticket(), entry.position()));
    }
    if (!entries.isEmpty()) {
      state.append(0, entries);
      replication.toAll(leader);
    }
  }

  /// Commits what a majority holds, but only up to an entry of the own term.
  void commitWhatQuorumHolds(Role.Leader leader) {
    long held =
        Quorum.reached(
            state.membership(),
            voter ->
                voter == state.id()
                    ? state.durability().durableIndex() // D5: not before it is on our own disk
                    : leader.peer(voter).match());
    // §5.4.2: counting replicas commits only entries of our own term; an older one could still be
    // overwritten (Figure 8).
    if (held > state.commit() && state.log().termAt(held) == state.term()) {
      state.commitTo(held);
      long notice = state.options().heartbeatInterval().toNanos() / COMMIT_NOTICE_FRACTION;
      leader.commitNoticeDue = Math.min(leader.commitNoticeDue, state.now() + notice);
      reads.startRound(leader);
    }
  }

  void onTick(Role.Leader leader) {
    letTimePass(leader);
    if (leader.transfer.isPresent() && state.now() >= leader.transfer.get().deadline()) {
      endTransfer(leader, Optional.of(new Refusal.Invalid("the transfer timed out")));
    }
    if (state.now() >= leader.heartbeatDue) {
      leader.heartbeatDue = state.now() + state.options().heartbeatInterval().toNanos();
      for (Progress peer : leader.peers.values()) {
        replication.heartbeat(leader, peer);
      }
      reconfiguration.promoteWhoCaughtUp(leader);
    }
    if (state.now() >= leader.commitNoticeDue) {
      leader.commitNoticeDue = Long.MAX_VALUE;
      for (Progress peer : leader.peers.values()) {
        if (peer.sentCommit() < state.commit()) {
          replication.heartbeat(leader, peer);
        }
      }
    }
  }

  /// Check-quorum (thesis §6.2): a leader that cannot reach a majority must not keep others from
  /// electing a better one (rule E7).
  boolean hasLostQuorum(Role.Leader leader) {
    long heard =
        Quorum.reached(
            state.membership(),
            voter -> voter == state.id() ? state.now() : leader.peer(voter).lastContact());
    return state.now() - heard >= state.options().electionTimeout().toNanos();
  }

  /// Rule S7: a leader whose disk does not answer keeps its followers quiet and serves nobody.
  boolean hasStalled(Role.Leader leader) {
    long patience = DISK_PATIENCE * state.options().electionTimeout().toNanos();
    return state.durability().waiting() >= patience && mostCaughtUp(leader) != 0;
  }

  long nextDeadline(Role.Leader leader) {
    long due = Math.min(leader.heartbeatDue, leader.commitNoticeDue);
    return leader
        .transfer
        .map(t -> Math.min(due, t.deadline()))
        .orElseGet(() -> Math.min(due, timeIsDue(leader)));
  }

  void onTransferAsked(Ticket ticket, int to) {
    if (!(state.role() instanceof Role.Leader leader)) {
      state.emit(new Effect.Refuse(ticket, new Refusal.NotLeader(state.role().leader())));
      return;
    }
    int target = to == 0 ? mostCaughtUp(leader) : to;
    if (leader.transfer.isPresent()) {
      int running = leader.transfer.get().to();
      state.emit(new Effect.Refuse(ticket, new Refusal.Transferring(running)));
    } else if (target == state.id() || !state.membership().voters().contains(target)) {
      state.emit(new Effect.Refuse(ticket, new Refusal.Invalid(whyNotTo(target))));
    } else {
      // From here on no lease and no read is served: the target may lead before we hear of it (R5).
      long deadline = state.now() + state.options().electionTimeout().toNanos();
      leader.transfer = Optional.of(new Role.Leader.Transfer(ticket, target, deadline, false));
      reads.refuseAll(leader, new Refusal.Transferring(target));
      continueTransfer(leader);
    }
  }

  private String whyNotTo(int target) {
    if (target == state.id()) {
      return "node " + target + " leads already";
    }
    if (target == 0) {
      return "node " + state.id() + " is the only voter, there is nobody to hand leadership to";
    }
    boolean member = state.membership().isMember(target);
    return "node %d %s; the voters are %s"
        .formatted(
            target,
            member ? "has no vote" : "is no member of the cluster",
            state.membership().voters().stream()
                .map(String::valueOf)
                .collect(Collectors.joining(", ")));
  }

  /// Tells the target to campaign once it holds everything.
  void continueTransfer(Role.Leader leader) {
    if (leader.transfer.isEmpty() || leader.transfer.get().told()) {
      return;
    }
    Role.Leader.Transfer transfer = leader.transfer.get();
    if (leader.peer(transfer.to()).match() == state.log().lastIndex()) {
      leader.leaseBarred = true;
      leader.transfer =
          Optional.of(
              new Role.Leader.Transfer(
                  transfer.ticket(), transfer.to(), transfer.deadline(), true));
      state.send(transfer.to(), new Message.CampaignNow(state.term()));
    }
  }

  /// What follows from a commit or from another configuration: with fewer voters more may be
  /// committed (rule M6), and a committed joint configuration is left.
  void settle(Role.Leader leader) {
    while (state.takeConfigured()) {
      commitWhatQuorumHolds(leader);
    }
    reconfiguration.leaveJointIfCommitted(leader);
    if (state.takeConfigured()) {
      commitWhatQuorumHolds(leader);
    }
    // And fewer answers confirm a round of reads; if nobody else is left, none will come.
    reads.concludeRound(leader);
  }

  /// Rule M7: whoever leads without a vote of its own does so only until the configuration that
  /// takes it is committed; the others hear of that, and one of them takes over at once.
  void leaveOffice(Role.Leader leader) {
    for (Progress peer : leader.peers.values()) {
      replication.heartbeat(leader, peer);
    }
    abdicate(leader);
  }

  /// Rule S7: a leader whose disk failed or stalled lets a healthy node take over at once.
  void abdicate(Role.Leader leader) {
    int target = mostCaughtUp(leader);
    if (target != 0) {
      state.send(target, new Message.CampaignNow(state.term()));
    }
    stepDown(leader, state.term(), 0);
  }

  /// Answers whoever waits; the caller changes the role.
  void stepDown(Role.Leader leader, long newTerm, int newLeader) {
    reads.refuseAll(leader, new Refusal.NotLeader(newLeader));
    boolean handedOver = newTerm > state.term();
    endTransfer(
        leader,
        handedOver
            ? Optional.empty()
            : Optional.of(new Refusal.Invalid("this node lost its quorum")));
  }

  private void endTransfer(Role.Leader leader, Optional<Refusal> failure) {
    if (leader.transfer.isPresent()) {
      Ticket ticket = leader.transfer.get().ticket();
      leader.transfer = Optional.empty();
      state.emit(
          failure.isPresent()
              ? new Effect.Refuse(ticket, failure.get())
              : new Effect.Accept(ticket, state.log().last()));
      reads.startRound(leader);
    }
  }

  /// The voter with the most of the log among those heard from lately; any voter if there is none.
  private int mostCaughtUp(Role.Leader leader) {
    long lately = state.now() - state.options().electionTimeout().toNanos();
    return leader.peers.values().stream()
        .filter(peer -> state.membership().voters().contains(peer.peer()))
        .max(
            Comparator.comparing((Progress peer) -> peer.lastContact() > lately)
                .thenComparingLong(Progress::match)
                .thenComparingLong(Progress::lastContact))
        .map(Progress::peer)
        .orElse(0);
  }

  private void refuse(List<Event.Proposal> proposals, Refusal refusal) {
    for (Event.Proposal proposal : proposals) {
      state.emit(new Effect.Refuse(proposal.ticket(), refusal));
    }
  }
}
