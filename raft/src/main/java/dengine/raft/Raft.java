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
  private final Reconfiguration reconfiguration;
  private final Snapshots snapshots;
  private final Recognition recognition;
  private final Receiving receiving;
  private boolean stopped;

  /// Whether a node may take part at once.
  public enum Bootstrap {
    /// Its disk has taken part before, or nobody needs to be asked.
    DONE,
    /// Its disk is new, and it is configured to found a cluster with others, or restored to do so:
    /// then there is a snapshot on it, and nothing else.
    FOUND,
    /// Its disk is new, and it joins a cluster that is there.
    JOIN
  }

  /// What a node starts with.
  ///
  /// @param id this node, at least 1
  /// @param incarnation the random number its disk was set up with; 0 if nobody else is to tell
  ///     disks apart
  /// @param address where it is reached; may be empty
  /// @param bootstrap whether it may take part at once
  /// @param membership the configuration of the newest snapshot; without one the founders', and
  ///     [Membership#NONE] on a node that joins
  /// @param membershipIndex index of the entry that has it; 0 if none has
  /// @param memberships the configurations in the log, ascending; those up to `membershipIndex` are
  ///     ignored
  /// @param hardState term and vote as found on disk
  /// @param log the log as found on disk
  /// @param appliedIndex up to where the state machine has applied, by itself or from a snapshot
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

    /// A node that takes part at once, with the configuration it always had.
    public Start(
        int id, Membership membership, HardState hardState, RecoveredLog log, long appliedIndex) {
      this(id, 0, "", Bootstrap.DONE, membership, 0, List.of(), hardState, log, appliedIndex);
    }

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
  }

  /// @param random where randomised timeouts come from
  /// @param now the time, in nanoseconds of any monotonic clock; all later times are of the same
  ///     clock
  public Raft(Start start, RaftOptions options, RandomGenerator random, long now) {
    this.state = new NodeState(start, options, random, now);
    state.commitTo(start.appliedIndex());
    this.replication = new Replication(state);
    this.reads = new Reads(state, replication);
    this.reconfiguration = new Reconfiguration(state, replication);
    this.leading = new Leading(state, replication, reads, reconfiguration);
    this.following = new Following(state);
    this.applying = new Applying(state, start.appliedIndex());
    this.snapshots = new Snapshots(state, following, applying);
    this.elections = new Elections(state, leading, () -> !snapshots.isInstalling());
    this.recognition = new Recognition(state, start);
    this.receiving =
        new Receiving(
            state,
            elections,
            following,
            replication,
            reads,
            leading,
            reconfiguration,
            snapshots,
            recognition);
  }

  /// Tells the core what happened.
  ///
  /// @param now when, not before earlier calls; read **after** the event was taken from its queue,
  ///     or a follower's promise to its leader could end before the leader's lease
  /// @param effects takes what is to be done, during the call
  public void on(long now, Event event, Consumer<Effect> effects) {
    if (stopped) {
      Stopped.refuse(event, effects);
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
    if (!state.isRecognised()) {
      return recognition.nextDeadline();
    }
    return switch (state.role()) {
      case Role.Leader leader -> leading.nextDeadline(leader);
      case Role.Learner(int known) -> known == 0 ? Long.MAX_VALUE : state.electionDeadline();
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

  /// Index of the first entry of the present term if it is applied here, and with it everything
  /// that was committed before this term; otherwise 0. Of a log that forgot it, a later one of the
  /// term.
  public long firstApplied() {
    long first = state.log().firstOf(state.term());
    return state.applied() >= first ? first : 0;
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

  /// The position just before the first entry of the log.
  public Position base() {
    return state.log().base();
  }

  /// The configuration that counts, committed or not.
  public Membership membership() {
    return state.membership();
  }

  /// Index of its entry; 0 if no entry has it.
  public long membershipIndex() {
    return state.memberships().index();
  }

  /// Whether this node's disk is known to the cluster, so that it takes part.
  public boolean isRecognised() {
    return state.isRecognised();
  }

  /// Whether others have committed a configuration without this node which its own log does not
  /// show.
  public boolean isRemoved() {
    return state.isRemoved();
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
      case Event.Received(int from, Message message) -> receiving.receive(from, message);
      case Event.Proposed(List<Event.Proposal> proposals) -> leading.onProposed(proposals);
      case Event.ReadAsked(List<Ticket> tickets) -> reads.onReadAsked(tickets);
      case Event.Persisted(long sequence) -> onPersisted(sequence);
      case Event.EntriesRead(int reader, long from, List<Entry> entries) ->
          onEntriesRead(reader, from, entries);
      case Event.Applied(long index) -> applying.onApplied(index);
      case Event.Unreachable(int peer) -> onUnreachable(peer);
      case Event.TransferAsked(Ticket ticket, int to) -> leading.onTransferAsked(ticket, to);
      case Event.MembershipAsked(Ticket ticket, MembershipChange change) ->
          reconfiguration.onMembershipAsked(ticket, change);
      case Event.SnapshotTaken(SnapshotPoint point, long keepFrom) ->
          snapshots.onTaken(point, keepFrom);
      case Event.SnapshotFetched(SnapshotPoint point) -> snapshots.onFetched(point);
      case Event.FetchFailed(Position position) -> snapshots.onFetchFailed(position);
      case Event.SnapshotSent(int peer, long session) -> onSnapshotSent(peer, session);
      case Event.Installed(long index) -> snapshots.onInstalled(index);
      case Event.Founded() -> recognition.onFounded();
      case Event.Due due -> state.due(due);
      case Event.StorageFailed(Throwable cause) -> stop(cause);
    }
  }

  /// What follows from any event: messages to this node itself, commits, entries to apply.
  private void settle() {
    if (stopped) {
      return;
    }
    for (Optional<Message> own = state.nextToSelf(); own.isPresent(); own = state.nextToSelf()) {
      receiving.receive(state.id(), own.get());
    }
    if (state.role() instanceof Role.Leader leader) {
      leading.settle(leader);
      if (reconfiguration.mustGo()) {
        leading.leaveOffice(leader);
        elections.becomeFollower(state.term(), 0);
      }
    } else if (state.takeConfigured()) {
      elections.followConfiguration();
    }
    snapshots.advance();
    applying.advance();
  }

  private void onTick() {
    if (!state.isRecognised()) {
      recognition.onTick();
    } else if (state.role() instanceof Role.Leader leader) {
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
    state.peerReadAnswered(from);
    if (state.role() instanceof Role.Leader leader && leader.peers.containsKey(reader)) {
      replication.onEntriesRead(leader.peer(reader), from, entries);
    }
  }

  private void onSnapshotSent(int peer, long session) {
    if (state.role() instanceof Role.Leader leader && leader.peers.containsKey(peer)) {
      replication.onSnapshotSent(leader.peer(peer), session);
    }
  }

  private void onUnreachable(int peer) {
    if (state.role() instanceof Role.Leader leader && leader.peers.containsKey(peer)) {
      leader.peer(peer).disconnected();
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
}
