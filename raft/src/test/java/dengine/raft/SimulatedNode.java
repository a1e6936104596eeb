package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// A core with a simulated disk and state machine, watched by a [Ledger]. Carrying out effects
/// other than writing is up to whoever drives it.
final class SimulatedNode {

  private final int id;
  private final Membership membership;
  private final RaftOptions options;
  private final Ledger ledger;
  private final SimulatedDisk disk;
  private final List<Entry> applied = new ArrayList<>();
  private Optional<Raft> raft = Optional.empty();
  private long handedOut;
  private boolean expectedToFail;

  /// Of its disk; 0 where disks are not told apart.
  private long incarnation;

  /// Whoever founded a cluster alone would found another one when its disk is lost: nobody could
  /// tell it otherwise. So its operator lets it join the cluster that has grown from it.
  private boolean joins;

  /// What was on a disk that was wiped, until the cluster knows that it is lost: nobody can be
  /// elected as if it had not been there, for its node does not vote.
  private List<Entry> lost = List.of();

  SimulatedNode(int id, Membership membership, RaftOptions options, Ledger ledger) {
    this.id = id;
    this.membership = membership;
    this.options = options;
    this.ledger = ledger;
    this.disk = new SimulatedDisk(ledger::history);
    ledger.add(this);
  }

  /// Lets its disk be told from others; a node that is not among the members waits to be added.
  void incarnate(long number) {
    incarnation = number;
  }

  long incarnation() {
    return incarnation;
  }

  /// The disk is lost; a new one has another incarnation.
  void wipe(long number) {
    lost = disk.durable().entries();
    ledger.forget(id);
    disk.wipe();
    incarnation = number;
    joins = membership.members().equals(List.of(id));
  }

  /// The disk is lost; a new one, with another incarnation, has a backup of this state.
  void restore(SnapshotPoint backup, long number) {
    wipe(number);
    disk.restore(backup, membership);
  }

  /// Whom it is to found a cluster with: what a restored backup or its configuration file says.
  private Membership configured() {
    if (disk.restored().isPresent()) {
      return membership;
    }
    return membership.isMember(id) && !joins ? membership : Membership.NONE;
  }

  /// Whether this node holds an entry, or held it and cannot help to elect anybody without it.
  boolean holds(Position position) {
    boolean wasHere =
        position.index() <= lost.size()
            && lost.get((int) position.index() - 1).position().equals(position);
    return disk.durable().holds(position) || (wasHere && !(isUp() && raft().isRecognised()));
  }

  int id() {
    return id;
  }

  Membership membership() {
    return membership;
  }

  RaftOptions options() {
    return options;
  }

  SimulatedDisk disk() {
    return disk;
  }

  boolean isUp() {
    return raft.isPresent();
  }

  Raft raft() {
    return raft.orElseThrow();
  }

  /// What the state machine has seen since the node started; it begins anew with each start.
  List<Entry> applied() {
    return applied;
  }

  long handedOut() {
    return handedOut;
  }

  boolean isExpectedToFail() {
    return expectedToFail;
  }

  void expectToFail() {
    expectedToFail = true;
  }

  void start(RandomGenerator random, long now) {
    applied.clear();
    expectedToFail = false;
    disk.repair();
    long installed = disk.snapshot().map(point -> point.position().index()).orElse(0L);
    applied.addAll(ledger.history(installed));
    handedOut = installed;
    SimulatedDisk.Image log = disk.durable();
    raft =
        Optional.of(
            new Raft(
                new Raft.Start(
                    id,
                    incarnation,
                    "n" + id,
                    bootstrap(),
                    disk.snapshot()
                        .filter(point -> !saysNothing(point))
                        .map(SnapshotPoint::membership)
                        .or(disk::founders)
                        .orElse(
                            bootstrap() == Raft.Bootstrap.JOIN ? Membership.NONE : configured()),
                    disk.snapshot().map(SnapshotPoint::membershipIndex).orElse(0L),
                    log.entries().subList((int) log.base(), (int) log.lastIndex()).stream()
                        .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
                        .toList(),
                    log.hard(),
                    disk.recovered(),
                    installed),
                options,
                random,
                now));
  }

  /// Whether it is of the backup the cluster was restored from, and names no disks.
  private boolean saysNothing(SnapshotPoint point) {
    return incarnation != 0 && point.membershipIndex() == 0 && point.membership().namesNoDisk();
  }

  /// The configuration this node goes by, or would if it were up.
  Membership present() {
    if (isUp()) {
      return raft().membership();
    }
    SimulatedDisk.Image log = disk.durable();
    return log.entries().stream()
        .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
        .reduce((earlier, later) -> later)
        .map(entry -> Membership.decode(entry.payload()))
        .or(disk::founders)
        .orElse(configured());
  }

  /// Whether a restart would let it take part at once.
  boolean mayTakePart() {
    return isUp() ? raft().isRecognised() : bootstrap() == Raft.Bootstrap.DONE;
  }

  private Raft.Bootstrap bootstrap() {
    boolean restored = disk.restored().isPresent();
    boolean used = (disk.durable().lastIndex() > 0 && !restored) || disk.founders().isPresent();
    if (used || incarnation == 0 || configured().members().equals(List.of(id))) {
      return Raft.Bootstrap.DONE;
    }
    return configured().isMember(id) ? Raft.Bootstrap.FOUND : Raft.Bootstrap.JOIN;
  }

  /// Where a snapshot would be taken now; nowhere while this node does not know who takes part.
  Optional<SnapshotPoint> point() {
    if (applied.isEmpty()) {
      return Optional.empty();
    }
    Entry last = applied.getLast();
    Optional<Entry> configuration =
        applied.stream()
            .filter(entry -> entry.kind() == Entry.Kind.MEMBERSHIP)
            .reduce((earlier, later) -> later);
    return Optional.of(
            new SnapshotPoint(
                last.position(),
                last.time(),
                configuration
                    .map(entry -> Membership.decode(entry.payload()))
                    .or(disk::founders)
                    .orElse(configured()),
                configuration.map(Entry::index).orElse(0L)))
        .filter(point -> !point.membership().voters().isEmpty());
  }

  /// The state machine gets the state of a snapshot.
  void install(SnapshotPoint point) {
    applied.clear();
    applied.addAll(ledger.history(point.position().index()));
  }

  void handOutAfter(long index) {
    handedOut = index;
  }

  void crash() {
    raft = Optional.empty();
    disk.crash();
  }

  /// Tells the core and returns its effects; writes are already with the disk.
  List<Effect> on(long now, Event event) {
    List<Effect> effects = new ArrayList<>();
    long commit = raft().commit();
    raft()
        .on(
            now,
            event,
            effect -> {
              ledger.see(this, effect);
              if (effect instanceof Effect.Persist write) {
                disk.write(write);
              }
              effects.add(effect);
            });
    ledger.seeState(this, commit);
    return effects;
  }

  void handOut(Entry entry) {
    handedOut = entry.index();
  }

  void apply(List<Entry> entries) {
    if (entries.getFirst().index() != applied.size() + 1) {
      throw new IllegalStateException(entries.getFirst() + " applied after " + applied.size());
    }
    applied.addAll(entries);
  }

  @Override
  public String toString() {
    String state =
        raft.map(
                r ->
                    "%s %s last=%s commit=%d applied=%d"
                        .formatted(
                            r.roleChange(), r.hardState(), r.last(), r.commit(), r.applied()))
            .orElse("down");
    return "node " + id + ": " + state + ", durable " + disk.durable().last();
  }
}
