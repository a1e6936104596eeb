package dengine.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// What the parts of the core share. Owned by the thread that calls [Raft#on].
final class NodeState {

  private final int id;
  private final long incarnation;
  private final RaftOptions options;
  private final RandomGenerator random;
  private final RaftLog log;
  private final Durability durability;
  private final Memberships memberships;
  private final ArrayDeque<Message> toSelf = new ArrayDeque<>();
  private HardState hard;
  private Role role;
  private long commit;
  private long now;
  private long electionDeadline;
  private long leaderHeardAt;

  /// When this node got to know the last time of the log.
  private long lastTimeAt;

  private long due = Long.MAX_VALUE;
  private boolean isOverdue;
  private long applied;
  private long unappliedBytes;
  /// First indexes of what is being read for peers.
  private final List<Long> peerReads = new ArrayList<>();

  /// Members that said so; needed only as long as the own log does not.
  private final Set<Integer> knowThisDisk = new TreeSet<>();

  private boolean recognised;
  private boolean removed;
  private boolean configured;
  private RoleChange announced;
  private Consumer<Effect> sink = effect -> {};

  NodeState(Raft.Start start, RaftOptions options, RandomGenerator random, long now) {
    this.id = start.id();
    this.incarnation = start.incarnation();
    this.memberships =
        new Memberships(start.membershipIndex(), start.membership(), start.memberships());
    this.recognised = start.bootstrap() == Raft.Bootstrap.DONE;
    this.options = options;
    this.random = random;
    this.now = now;
    RecoveredLog log = start.log();
    HardState hard = start.hardState();
    // Rule D8: a torn write may leave a log that is newer than the recorded term.
    long lastTerm = log.runs().isEmpty() ? log.base().term() : log.runs().getLast().term();
    this.hard = lastTerm > hard.term() ? new HardState(lastTerm, 0) : hard;
    this.log = new RaftLog(log, options.maxTailBytes(), options.maxUnappliedBytes());
    this.durability = new Durability(this, log.lastIndex());
    this.commit = log.base().index();
    this.role = isVoter() ? new Role.Follower(0) : new Role.Learner(0);
    this.announced = roleChange();
    // A node that restarts may have promised, just before, to protect a leader.
    this.leaderHeardAt = now;
    this.lastTimeAt = now;
    resetElectionDeadline();
    if (membership().members().equals(List.of(id))) {
      electionDeadline = now; // there is nobody to hear from
    }
  }

  int id() {
    return id;
  }

  RaftOptions options() {
    return options;
  }

  RandomGenerator random() {
    return random;
  }

  RaftLog log() {
    return log;
  }

  Durability durability() {
    return durability;
  }

  /// The configuration that counts.
  Membership membership() {
    return memberships.effective();
  }

  Memberships memberships() {
    return memberships;
  }

  long incarnation() {
    return incarnation;
  }

  /// Cluster time at which the state machine changes by itself, [Long#MAX_VALUE] for never.
  long due() {
    return due;
  }

  /// Whether that has passed, and the state machine has more to change.
  boolean isOverdue() {
    return isOverdue;
  }

  void due(Event.Due told) {
    due = told.clusterTime();
    isOverdue = told.isOverdue();
  }

  /// Cluster time now, if this node were to lead: goes on from the last entry of its log, by its
  /// own monotonic clock since it got that. So it is never ahead of the leader who made the entry,
  /// and while no node is up it stands still. An entry that says the same time as the one before
  /// counts as well: its leader may have been down since.
  long clusterTime() {
    return log.lastTime() + (now - lastTimeAt) / 1_000_000;
  }

  /// Whether this node may take part: its disk is the one the cluster knows.
  boolean isRecognised() {
    return recognised;
  }

  void recognise() {
    recognised = true;
    become(isVoter() ? new Role.Follower(0) : new Role.Learner(0));
    resetElectionDeadline();
  }

  /// Whether this node has a vote. One that a configuration takes away is gone when that is
  /// committed: until then this may be the only node whose log is good enough to lead (thesis
  /// §4.2.2). The vote of a disk that was wiped is lost with it.
  boolean isVoter() {
    return recognised && memberships.mayVote(id, incarnation);
  }

  /// Whether this node may vote for another. Not before one of the two holds a configuration that
  /// has this disk: one that was wiped may have been what kept a candidate with an old
  /// configuration from being elected, since it held a later one. Whoever gets this node's vote
  /// must hold that as well, and he does if he holds what this disk was recognised by; if this node
  /// does, the comparison of logs sees to it.
  boolean mayVoteFor(int candidate) {
    return memberships.hasDisk(id, incarnation) || knowThisDisk.contains(candidate);
  }

  /// A member's committed configuration has this disk.
  void isKnownTo(int member) {
    knowThisDisk.add(member);
  }

  /// Others have committed a configuration without this node that its own log does not show.
  boolean isRemoved() {
    return removed;
  }

  void learnRemoval() {
    removed = true;
  }

  /// Whether another configuration counts since the last call.
  boolean takeConfigured() {
    boolean was = configured;
    configured = false;
    return was;
  }

  private void configured() {
    configured = true;
    emit(new Effect.Configured(memberships.index(), memberships.effective(), false));
  }

  HardState hard() {
    return hard;
  }

  long term() {
    return hard.term();
  }

  Role role() {
    return role;
  }

  long commit() {
    return commit;
  }

  long now() {
    return now;
  }

  long electionDeadline() {
    return electionDeadline;
  }

  void begin(long time, Consumer<Effect> effects) {
    now = Math.max(now, time);
    sink = effects;
  }

  void emit(Effect effect) {
    sink.accept(effect);
  }

  /// Sends at once: only for messages that promise nothing about what is on disk.
  void send(int to, Message message) {
    emit(new Effect.Send(to, message));
  }

  /// Carries a message that may go now; one to this node itself is processed within the same event.
  void deliver(int to, Message message) {
    if (to == id) {
      toSelf.add(message);
    } else {
      send(to, message);
    }
  }

  Optional<Message> nextToSelf() {
    return Optional.ofNullable(toSelf.poll());
  }

  /// Asks for entries that are no longer in memory.
  void read(int reader, long from, long upTo, long maxBytes) {
    if (reader != Raft.APPLIER) {
      peerReads.add(from);
    }
    emit(new Effect.ReadEntries(reader, from, upTo, maxBytes));
  }

  void peerReadAnswered(long from) {
    peerReads.remove(from);
  }

  /// Whether somebody may be reading entries that are not committed.
  boolean isReadingForPeers() {
    return !peerReads.isEmpty();
  }

  /// The first index that somebody reads for a peer right now; [Long#MAX_VALUE] if nobody does.
  long firstReadForPeers() {
    return peerReads.stream().min(Long::compare).orElse(Long.MAX_VALUE);
  }

  /// Takes on a new term or vote and persists it.
  void adopt(HardState next) {
    if (next.term() < hard.term()) {
      throw new IllegalStateException("term would go back from " + hard + " to " + next);
    }
    hard = next;
    durability.persistHardState();
  }

  void become(Role next) {
    role = next;
    announce();
  }

  void announce() {
    RoleChange current = roleChange();
    if (!current.equals(announced)) {
      announced = current;
      emit(new Effect.Announce(current));
    }
  }

  RoleChange roleChange() {
    return new RoleChange(term(), role.kind(), role.leader());
  }

  /// Appends to the log, truncating it first where `truncateFrom` is not 0, and persists both as
  /// one.
  void append(long truncateFrom, List<Entry> entries) {
    long indexBefore = memberships.index();
    Membership before = membership();
    if (truncateFrom > 0) {
      unappliedBytes -= log.truncateFrom(truncateFrom);
      memberships.truncateFrom(truncateFrom);
    }
    log.append(entries);
    lastTimeAt = now;
    for (Entry entry : entries) {
      unappliedBytes += entry.size();
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        memberships.append(entry);
      }
    }
    durability.persistEntries(truncateFrom, entries);
    // One may take the place of another at the same index.
    if (memberships.index() != indexBefore || !membership().equals(before)) {
      configured();
    }
  }

  /// The log begins anew after a snapshot, with the configuration that it says (rules C1, C2).
  void reset(SnapshotPoint point, long handed) {
    unappliedBytes -= log.reset(point, handed);
    lastTimeAt = now;
    // The backup that a cluster was restored from says nothing about disks: what the founders
    // agreed on since is in no entry, and who was not there learns of it by the next configuration.
    boolean saysNothing = point.membershipIndex() == 0 && point.membership().namesNoDisk();
    memberships.reset(
        point.membershipIndex(), saysNothing ? memberships.committed() : point.membership());
    durability.persistReset(point);
    commit = point.position().index();
    configured();
    emit(new Effect.Configured(memberships.index(), memberships.committed(), true));
  }

  /// Bytes of entries that were appended by this process, are not yet applied, and did not leave
  /// memory before they were handed out.
  long unappliedBytes() {
    return unappliedBytes;
  }

  /// Forgets what need not be in memory.
  void evict(long handed) {
    unappliedBytes -= log.evict(durability.durableIndex(), handed);
  }

  /// The state machine has applied everything up to `index`, so many bytes of it from memory.
  void appliedUpTo(long index, long bytesFromMemory) {
    applied = Math.max(applied, index);
    unappliedBytes -= bytesFromMemory;
  }

  /// Up to where the state machine has applied.
  long applied() {
    return applied;
  }

  void commitTo(long index) {
    if (index > commit) {
      commit = index;
      if (memberships.commitTo(index)) {
        configured = true;
        emit(new Effect.Configured(memberships.committedIndex(), memberships.committed(), true));
      }
    }
  }

  void heardFromLeader() {
    removed = false;
    leaderHeardAt = now;
    resetElectionDeadline();
  }

  /// Whether this node has promised a live leader not to elect another one (thesis §4.2.3, §6.4).
  boolean protectsLeader() {
    return role instanceof Role.Leader || now - leaderHeardAt < options.electionTimeout().toNanos();
  }

  /// The next wait before campaigning is drawn from `[electionTimeout, 2 × electionTimeout)`
  /// (§5.2).
  void resetElectionDeadline() {
    long timeout = options.electionTimeout().toNanos();
    electionDeadline = now + timeout + random.nextLong(timeout);
  }

  /// The connection to the leader broke, so probably it died: campaign soon after the promise to
  /// protect it has run out, without waiting the whole random time.
  void shortenElectionDeadline() {
    long timeout = options.electionTimeout().toNanos();
    long soon = leaderHeardAt + timeout + random.nextLong(Math.max(1, timeout / 4));
    electionDeadline = Math.min(electionDeadline, Math.max(now, soon));
  }

  List<Integer> otherVoters() {
    return others().stream().filter(membership()::isVoter).toList();
  }

  List<Integer> others() {
    return membership().members().stream().filter(m -> m != id).toList();
  }
}
