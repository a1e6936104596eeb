package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// The Raft algorithm of one node: told [Event]s, it answers with [Effect]s. No clock, thread,
/// disk, log or source of randomness of its own; the same events with the same times and the same
/// generator give the same effects.
///
/// Elections with pre-vote and check-quorum always on; replication in a pipeline; linearizable
/// reads by ReadIndex; a leader's lease; transfer of leadership; learners; quorums of joint
/// configurations.
///
/// Owned by one thread at a time. An exception from [#on] never escapes: a broken invariant becomes
/// [Effect.Fatal], after which every request is refused.
///
/// Sources: Ongaro and Ousterhout 2014 ("§"), Ongaro's thesis 2014 ("thesis").
public final class Raft {

  /// The `reader` of [Effect.ReadEntries] when the entries are for the state machine.
  public static final int APPLIER = 0;

  private final NodeState state;
  private final Replication replication;
  private final Reads reads;
  private final Leading leading;
  private final Elections elections;
  private final Following following;
  private final Applying applying;
  private boolean stopped;

  /// Whether a node may take part at once.
  public enum Bootstrap {
    /// This disk has taken part before, or there is nobody to ask.
    DONE,
    /// A new disk of a node that is configured to found a cluster with others.
    FOUND,
    /// A new disk of a node that joins a cluster.
    JOIN
  }

  /// What a node starts with.
  ///
  /// @param id this node, at least 1
  /// @param incarnation of its disk
  /// @param address where it is reached, as it was configured; may be empty
  /// @param bootstrap whether it may take part at once
  /// @param membership the configuration of the newest snapshot, otherwise the founders, otherwise
  ///     [Membership#NONE]
  /// @param membershipIndex index of its entry; 0 if it is in none
  /// @param memberships the log's configurations after that, ascending
  /// @param hardState term and vote as found on disk
  /// @param log the log as found on disk
  /// @param appliedIndex up to where the state machine holds the state
  public record Start(
      int id,
      long incarnation,
      String address,
      Bootstrap bootstrap,
      Membership membership,
      long membershipIndex,
      List<Entry> memberships,
      HardState hardState,
      RecoveredLog log,
      long appliedIndex) {
    public Start {
      memberships = List.copyOf(memberships);
      if (id < 1) {
        throw new IllegalArgumentException("node id = " + id + ", permitted: >= 1");
      }
      if (appliedIndex < log.base().index() || appliedIndex > log.lastIndex()) {
        throw new IllegalArgumentException(
            "applied index " + appliedIndex + " outside of the log " + log);
      }
    }

    /// A node that may take part at once, in a configuration that never changed.
    public Start(
        int id, Membership membership, HardState hardState, RecoveredLog log, long appliedIndex) {
      this(
          id,
          0,
          "",
          Bootstrap.DONE,
          membership,
          0,
          List.of(),
          hardState,
          log,
          appliedIndex);
    }
  }

  /// @param random where randomised timeouts come from
  /// @param now the time, in nanoseconds of any monotonic clock; all later times are of the same
  ///     clock
  public Raft(Start start, RaftOptions options, RandomGenerator random, long now) {
    this.state =
        new NodeState(
            start.id(), start.membership(), start.hardState(), start.log(), options, random, now);
    state.commitTo(start.appliedIndex());
    this.replication = new Replication(state);
    this.reads = new Reads(state, replication);
    this.leading = new Leading(state, replication, reads);
    this.elections = new Elections(state, leading);
    this.following = new Following(state);
    this.applying = new Applying(state, start.appliedIndex());
  }

  /// Tells the core what happened.
  ///
  /// @param now when, not before earlier calls; read **after** the event was taken from its queue,
  ///     or a follower's promise to its leader could end before the leader's lease
  /// @param effects takes what is to be done, during the call
  public void on(long now, Event event, Consumer<Effect> effects) {
    if (stopped) {
      refuseAsStopped(event, effects);
      return;
    }
    state.begin(now, effects);
    try {
      handle(event);
      settle();
    } catch (RuntimeException | AssertionError broken) {
      stop(broken);
    }
  }

  /// When [Event.Tick] is due next, by the clock of [#on]; [Long#MAX_VALUE] if never.
  public long nextDeadline() {
    if (stopped) {
      return Long.MAX_VALUE;
    }
    return switch (state.role()) {
      case Role.Leader leader -> leading.nextDeadline(leader);
      case Role.Learner _ -> Long.MAX_VALUE;
      case Role.Follower _, Role.PreCandidate _, Role.Candidate _ -> state.electionDeadline();
    };
  }

  /// Until when this node may answer reads alone (see [RaftOptions#leaseDuration]), by the clock of
  /// [#on]; [Long#MIN_VALUE] for not at all. Whoever uses it must look again after the value was
  /// read.
  ///
  /// A host that publishes this to other threads does so after each [#on] and **before** it carries
  /// out that call's [Effect.Send]s: one of them may be [Message.CampaignNow], and from the moment
  /// it leaves another node may lead (rule R5).
  public long leaseUntil() {
    return stopped ? Long.MIN_VALUE : reads.leaseUntil(state.applied());
  }

  /// What this node is, in which term, and whom it follows.
  public RoleChange roleChange() {
    return state.roleChange();
  }

  /// Whether this node leads and has applied everything its predecessors committed.
  public boolean leadsAndHasCaughtUp() {
    return state.role() instanceof Role.Leader leader && state.applied() >= leader.firstOfTerm;
  }

  /// Term and vote.
  public HardState hardState() {
    return state.hard();
  }

  /// The end of the log.
  public Position last() {
    return state.log().last();
  }

  /// Up to where the log is known to be committed.
  public long commit() {
    return state.commit();
  }

  /// Up to where the state machine has applied.
  public long applied() {
    return state.applied();
  }

  /// What a leader knows of a peer.
  ///
  /// @param match up to where the peer's log is known to agree durably
  /// @param lastContact when it was last heard from, by the clock of [#on]
  public record PeerProgress(int id, long match, long lastContact) {}

  /// On a leader, one per other member, ascending; otherwise empty.
  public List<PeerProgress> peers() {
    List<PeerProgress> peers = new ArrayList<>();
    if (state.role() instanceof Role.Leader leader) {
      for (Progress peer : leader.peers.values()) {
        peers.add(new PeerProgress(peer.peer(), peer.match(), peer.lastContact()));
      }
    }
    return peers;
  }

  /// How much the core holds for others at the moment. Bytes, reads and messages have bounds; a
  /// disk that hangs adds to what is unwritten a term for each campaign, no more.
  ///
  /// @param pendingReads reads waiting for a confirmation of leadership, at most
  ///     [RaftOptions#maxPendingReads]
  /// @param unappliedBytes appended by this process and not yet applied, without what left memory
  ///     before it was handed out: at most `tailBytes` and `applyingBytes`
  /// @param applyingBytes handed to the state machine and not yet reported applied: less than
  ///     [RaftOptions#maxApplyBytes] and one hand-out more, which is no larger than that or one
  ///     entry
  /// @param tailBytes entries in memory: at most [RaftOptions#maxTailBytes], twice
  ///     [RaftOptions#maxUnappliedBytes], and one message
  /// @param unwritten [Effect.Persist]s not yet reported durable
  /// @param held messages that wait for them: at most three to each member for each
  public record Load(
      int pendingReads,
      long unappliedBytes,
      long applyingBytes,
      long tailBytes,
      int unwritten,
      int held) {}

  /// How much the core holds for others at the moment.
  public Load load() {
    return new Load(
        state.role() instanceof Role.Leader leader
            ? leader.readsWaiting.size() + leader.readsInRound.size()
            : 0,
        state.unappliedBytes(),
        applying.outstandingBytes(),
        state.log().tailBytes(),
        state.durability().unwritten(),
        state.durability().held());
  }

  private void handle(Event event) {
    switch (event) {
      case Event.Tick() -> onTick();
      case Event.Received(int from, Message message) -> receive(from, message);
      case Event.Proposed(List<Event.Proposal> proposals) -> leading.onProposed(proposals);
      case Event.ReadAsked(List<Ticket> tickets) -> reads.onReadAsked(tickets);
      case Event.Persisted(long sequence) -> onPersisted(sequence);
      case Event.EntriesRead(int reader, long from, List<Entry> entries) ->
          onEntriesRead(reader, from, entries);
      case Event.Applied(long index) -> applying.onApplied(index);
      case Event.Unreachable(int peer) -> onUnreachable(peer);
      case Event.TransferAsked(Ticket ticket, int to) -> leading.onTransferAsked(ticket, to);
      case Event.MembershipAsked _, Event.SnapshotTaken _, Event.SnapshotFetched _, Event.FetchFailed _, Event.SnapshotSent _, Event.Installed _, Event.Founded _ -> throw new IllegalStateException("contract only");
      case Event.StorageFailed(Throwable cause) -> stop(cause);
    }
  }

  /// What follows from any event: messages to this node itself, commits, entries to apply.
  private void settle() {
    if (stopped) {
      return;
    }
    for (Optional<Message> own = state.nextToSelf(); own.isPresent(); own = state.nextToSelf()) {
      receive(state.id(), own.get());
    }
    applying.advance();
  }

  private void onTick() {
    if (state.role() instanceof Role.Leader leader) {
      if (leading.hasLostQuorum(leader)) {
        elections.becomeFollower(state.term(), 0);
      } else if (leading.hasStalled(leader)) {
        leading.abdicate(leader);
        elections.becomeFollower(state.term(), 0);
      } else {
        leading.onTick(leader);
      }
    } else {
      elections.onTick();
    }
  }

  private void receive(int from, Message message) {
    switch (message) {
      case Message.AskVote ask -> elections.onAskVote(from, ask);
      case Message.Vote vote when vote.pre() && vote.granted() -> elections.onVote(from, vote);
      case Message.Vote vote -> {
        if (isCurrent(vote)) {
          elections.onVote(from, vote);
        }
      }
      case Message.Replicate replicate -> {
        if (isFromLeader(from, replicate)) {
          following.onReplicate(from, replicate);
        }
      }
      case Message.Heartbeat heartbeat -> {
        if (isFromLeader(from, heartbeat)) {
          following.onHeartbeat(from, heartbeat);
        }
      }
      case Message.CampaignNow campaign -> {
        if (isCurrent(campaign)) {
          elections.onCampaignNow(from, campaign);
        }
      }
      case Message.OfferSnapshot _, Message.Introduce _, Message.Recognize _, Message.NotMember _, Message.Transfer _ -> throw new IllegalStateException("contract only");
      case Message.Replicated _, Message.Conflict _, Message.HeartbeatAck _, Message.Outdated _ -> {
        if (isCurrent(message)) {
          onAnswer(from, message);
        }
      }
    }
  }

  /// Rule E4: follows a higher term, ignores a lower one.
  private boolean isCurrent(Message message) {
    if (message.term() > state.term()) {
      elections.becomeFollower(message.term(), 0);
    }
    return message.term() == state.term();
  }

  private boolean isFromLeader(int from, Message message) {
    if (message.term() < state.term()) {
      // Without an answer a leader that was cut off would never learn of the new term (etcd-raft).
      state.send(from, new Message.Outdated(state.term()));
      return false;
    }
    int known = state.role().leader();
    if (message.term() == state.term() && known != 0 && known != from) {
      throw new IllegalStateException(
          "node " + from + " leads term " + state.term() + ", and so does node " + known);
    }
    if (message.term() > state.term() || known != from) {
      elections.becomeFollower(message.term(), from);
    }
    state.heardFromLeader();
    return true;
  }

  private void onAnswer(int from, Message message) {
    if (!(state.role() instanceof Role.Leader leader) || !leader.peers.containsKey(from)) {
      return;
    }
    Progress peer = leader.peer(from);
    boolean moved = false;
    switch (message) {
      case Message.Replicated answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        moved = replication.onReplicated(peer, answer);
      }
      case Message.Conflict answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        replication.onConflict(peer, answer);
      }
      case Message.HeartbeatAck answer when answer.session() == peer.session() -> {
        peer.heard(state.now());
        replication.onHeartbeatAck(peer, answer);
        reads.concludeRound(leader);
      }
      default -> {} // an answer to an earlier session, or one that only carried its term (rule L8)
    }
    if (moved) {
      leading.commitWhatQuorumHolds(leader);
      leading.continueTransfer(leader);
    }
  }

  private void onPersisted(long sequence) {
    state.durability().persisted(sequence);
    if (state.role() instanceof Role.Leader leader) {
      leading.commitWhatQuorumHolds(leader);
    }
  }

  private void onEntriesRead(int reader, long from, List<Entry> entries) {
    if (reader == APPLIER) {
      applying.onEntriesRead(from, entries);
      return;
    }
    state.peerReadAnswered();
    if (state.role() instanceof Role.Leader leader && leader.peers.containsKey(reader)) {
      replication.onEntriesRead(leader.peer(reader), from, entries);
    }
  }

  private void onUnreachable(int peer) {
    if (state.role() instanceof Role.Leader leader && leader.peers.containsKey(peer)) {
      Progress progress = leader.peer(peer);
      progress.probeFrom(progress.match() + 1);
    } else if (peer == state.role().leader() && state.isVoter()) {
      state.shortenElectionDeadline();
    }
  }

  private void stop(Throwable cause) {
    stopped = true;
    try {
      if (state.role() instanceof Role.Leader leader) {
        leading.abdicate(leader);
        state.become(new Role.Follower(0));
      }
    } catch (RuntimeException | AssertionError worse) {
      cause.addSuppressed(worse);
    }
    state.emit(new Effect.Fatal(cause));
  }

  private static void refuseAsStopped(Event event, Consumer<Effect> effects) {
    Refusal refusal = new Refusal.Stopped();
    switch (event) {
      case Event.Proposed(List<Event.Proposal> proposals) ->
          proposals.forEach(p -> effects.accept(new Effect.Refuse(p.ticket(), refusal)));
      case Event.ReadAsked(List<Ticket> tickets) ->
          tickets.forEach(t -> effects.accept(new Effect.Refuse(t, refusal)));
      case Event.TransferAsked(Ticket ticket, int _) ->
          effects.accept(new Effect.Refuse(ticket, refusal));
      case Event.MembershipAsked(Ticket ticket, MembershipChange _) ->
          effects.accept(new Effect.Refuse(ticket, refusal));
      case Event.SnapshotTaken _,
          Event.SnapshotFetched _,
          Event.FetchFailed _,
          Event.SnapshotSent _,
          Event.Installed _,
          Event.Founded _ -> {}
      case Event.Tick(),
          Event.Received _,
          Event.Persisted _,
          Event.EntriesRead _,
          Event.Applied _,
          Event.Unreachable _,
          Event.StorageFailed _ -> {}
    }
  }
}
