package dengine.testkit.simulation;

import dengine.engine.NodeStatus;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.storage.SimulatedDisk;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The surroundings of one node: its disk, its wall clock, its process, all of them unreliable.
final class Machine implements Network.Station {

  static final long CLUSTER = 7;

  private final World world;
  private final Subject.Load load;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final int id;
  private final MachineDisk disk;
  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();

  /// Where it was reached so far; the last one is where it is.
  private final Set<String> addresses = new LinkedHashSet<>();

  private String address;

  /// Whether it is configured to join a cluster that is there.
  private boolean joins;

  /// Whether no node has run yet on its new disk.
  private boolean isNew;

  private Knobs knobs;
  private @Nullable NodeProcess process;
  private long wallBase = 1_700_000_000_000L;
  private long pausedUntil;
  private long diskStalledUntil;

  Machine(World world, Subject.Load load, int id) {
    this.world = world;
    this.load = load;
    this.agenda = world.agenda();
    this.random = world.random();
    this.id = id;
    this.knobs = world.knobs();
    this.disk = new MachineDisk(this, world);
    this.address = "node-" + id + ":1";
    this.joins = id > world.knobs().nodes();
    addresses.add(address);
    world.network().join(id, this);
  }

  int id() {
    return id;
  }

  /// What its node is configured with: those who found the cluster, or nobody.
  Membership initial() {
    return joins ? Membership.NONE : world.knobs().founders();
  }

  /// It gets a new disk. One that founded a cluster alone must not do that again: somebody has to
  /// tell it that the cluster is there.
  void wipe() {
    crash();
    disk.wipe();
    joins |= world.knobs().nodes() == 1;
    isNew = true;
    world.watch().wiped(id);
  }

  /// Where it is reached.
  String address() {
    return address;
  }

  /// From now on it is reached elsewhere.
  void move(String next) {
    address = next;
    addresses.add(next);
  }

  @Override
  public boolean isAt(String where) {
    // In the end whoever moved without telling everybody is found again.
    return knobs.isHealed() ? addresses.contains(where) : address.equals(where);
  }

  World world() {
    return world;
  }

  Plan plan() {
    return world.plan();
  }

  Knobs knobs() {
    return knobs;
  }

  void use(Knobs next) {
    knobs = next;
    diskStalledUntil = 0;
    disk.heal();
  }

  long wallMillis() {
    return wallBase + agenda.now() / Knobs.MILLI;
  }

  void jumpClock(long millis) {
    wallBase += millis;
  }

  long diskStalledUntil() {
    return diskStalledUntil;
  }

  void stallDisk(long duration) {
    diskStalledUntil = agenda.now() + duration;
  }

  boolean isUp() {
    return process != null;
  }

  /// Null while the machine is down.
  @Nullable NodeProcess process() {
    return process;
  }

  /// The running node, or null.
  Subject.@Nullable Life life() {
    NodeProcess present = process;
    return present == null ? null : present.life();
  }

  /// Whether a node runs here that may serve as leader.
  boolean leads() {
    Subject.Life life = life();
    return life != null && life.node().isLeading();
  }

  void start() {
    if (isUp()) {
      return;
    }
    double rate = 1 + (2 * random.nextDouble() - 1) * knobs.drift();
    NodeProcess fresh =
        new NodeProcess(this, agenda, random, world.watch(), plan().bug().clockRate(rate, random));
    process = fresh;
    disk.prepare();
    if (!knobs.isHealed() && plan().has(Trouble.CRASH_IN_RECOVERY) && random.nextInt(8) == 0) {
      // Perhaps while it recovers.
      if (random.nextInt(4) > 0 || !plan().has(Trouble.FAIL_DISK)) {
        disk.crashAt(random.nextInt(20));
      } else {
        disk.failAt(random.nextInt(20), "Input/output error");
      }
    }
    run(fresh, () -> start(fresh));
    if (!isUp()) {
      agenda.in(1 + random.nextLong(knobs.electionTimeout()), this::start);
    }
  }

  private void start(NodeProcess fresh) {
    try {
      begin(fresh);
    } catch (IllegalStateException contradiction) {
      throw new Violation("node " + id + " refuses to start, " + disk, contradiction);
    }
  }

  private void begin(NodeProcess fresh) {
    RememberedLog log = disk.open(fresh);
    log.whenFounded(founders -> world.watch().configurations().founded(this, founders));
    log.snapshots().whenFinished(it -> world.watch().hasSnapshot(this, it));
    log.snapshots().whenBegun(received -> world.watch().receives(this, received));
    meetEverybody(fresh);
    fresh.life(
        load.start(
            new Subject.Parts(
                this, disk.directory(), log, world.network().transport(id, fresh), fresh)));
    if (isNew) {
      isNew = false;
      world.watch().configurations().wiped(id, log.meta().incarnation());
    }
    goesByTheLatestConfiguration(log);
    disk.repair();
  }

  /// Right after a start, before anything else happened (rules M2, M4).
  private void goesByTheLatestConfiguration(RememberedLog log) {
    Subject.Life life = life();
    if (life == null || !plan().looksAtDisks()) {
      return;
    }
    Membership shown = life.node().membership().membership();
    log.lastMembership()
        .ifPresent(
            latest ->
                world
                    .watch()
                    .check(
                        latest.equals(shown),
                        this,
                        "it goes by " + shown + ", the latest on disk is " + latest));
  }

  /// Whoever configures a node, or takes it into the cluster, tells it where the others are.
  void meetEverybody(NodeProcess fresh) {
    for (Machine other : world.machines().values()) {
      if (!other.equals(this)) {
        fresh.peer(other.id, other.address);
      }
    }
  }

  /// Runs something in a process: now, or when it goes on if it is paused, or never if it is gone.
  void run(NodeProcess in, Runnable what) {
    if (in != process || !in.isAlive()) {
      return;
    }
    if (agenda.now() < pausedUntil) {
      inbox.add(what);
      return;
    }
    try {
      what.run();
      in.look();
    } catch (SimulatedDisk.PowerCut cut) {
      // Thrown while the node was recovering; later the engine takes it for an error of the disk.
      world.marks().hit("crash in recovery");
      in.die();
    } catch (StorageException refused) {
      refused(in, refused);
    }
    world.watch().verify();
    if (in.hasStopped() && !in.isExpectedToStop() && !isExplained(in.cause())) {
      throw new Violation(
          "node " + id + " stopped itself though nothing is wrong with its disk", in.cause());
    }
    if (!in.isAlive() && in == process) {
      if (in.hasStopped()) {
        world.marks().hit(in.wasAskedToStop() ? "stopped when asked" : "stopped itself");
      }
      crash();
      if (knobs.isHealed()) {
        start(); // it was on its way down when everything was healed
      }
    }
  }

  /// A snapshot may rot after it was fetched and before it is installed: no state comes of it.
  private boolean isExplained(@Nullable Throwable why) {
    for (Throwable cause = why; cause != null; cause = cause.getCause()) {
      if (cause instanceof StorageException refusal && disk.explains(refusal)) {
        disk.repair();
        return true;
      }
    }
    return false;
  }

  /// Asks the node how it is; a node that is gone, or not yet there, is not asked.
  void askStatus(BiConsumer<Machine, NodeStatus> answered) {
    NodeProcess present = process;
    if (present != null) {
      run(present, () -> present.askStatus(status -> answered.accept(this, status)));
    }
  }

  /// The node is asked to end.
  void stop() {
    NodeProcess present = process;
    if (present != null) {
      run(present, present::askToStop);
    }
  }

  /// A node may refuse its disk only if it says rightly what is wrong with it; then the disk is
  /// brought back to what it was. What a failing disk refused during recovery is tried again.
  private void refused(NodeProcess in, StorageException refusal) {
    boolean explained = disk.explains(refusal);
    if (!explained && !in.isExpectedToStop()) {
      throw new Violation("node " + id + " cannot open its disk, " + disk, refusal);
    }
    world.marks().hit(explained ? "damaged disk refused" : "failing disk refused");
    in.die();
    disk.repair();
  }

  /// The process dies: by `kill -9`, which loses nothing that was written, or, unless the cluster's
  /// promises do not cover that, because the power goes.
  void crash() {
    crash(random.nextInt(3) > 0);
  }

  /// The power goes, unless the cluster's promises do not cover that.
  void losePower() {
    crash(true);
  }

  private void crash(boolean power) {
    NodeProcess dead = process;
    if (dead == null) {
      return;
    }
    dead.die();
    process = null;
    inbox.clear();
    pausedUntil = 0;
    disk.crash(power);
  }

  /// The process stands still; what arrives waits.
  void pause(long duration) {
    if (isUp() && agenda.now() >= pausedUntil) {
      pausedUntil = agenda.now() + duration;
      agenda.at(pausedUntil, this::goOn);
    }
  }

  void goOn() {
    pausedUntil = 0;
    NodeProcess present = process;
    while (present != null && present == process && !inbox.isEmpty()) {
      run(present, inbox.remove());
    }
  }

  MachineDisk disk() {
    return disk;
  }

  /// The configuration this node goes by, or would if it were up.
  Membership membership() {
    Subject.Life life = life();
    return life == null
        ? disk.standing().membership().orElse(initial())
        : life.node().membership().membership();
  }

  /// Whether this node takes part, or would if it were up: its disk is known to the cluster.
  boolean takesPart() {
    return life() == null
        ? disk.standing().membership().isPresent()
        : disk.log().flatMap(RememberedLog::lastMembership).isPresent();
  }

  /// The random number of its disk; 0 if it was never used.
  long incarnation() {
    return life() == null
        ? disk.standing().incarnation()
        : disk.log().map(log -> log.meta().incarnation()).orElse(0L);
  }

  @Override
  public void receive(int from, Message message) {
    NodeProcess present = process;
    if (present != null) {
      run(present, () -> present.receive(from, message));
    }
  }

  @Override
  public void unreachable(int peer) {
    NodeProcess present = process;
    if (present != null) {
      run(present, () -> present.unreachable(peer));
    }
  }

  @Override
  public String toString() {
    Subject.Life life = life();
    String state = isUp() ? agenda.now() < pausedUntil ? "paused" : "up" : "down";
    return life == null
        ? "node " + id + " " + state
        : "node %d %s %s, serves as leader: %s, applied %d, state %d"
            .formatted(
                id,
                state,
                life.node().role(),
                life.node().isLeading(),
                life.node().appliedIndex(),
                life.position());
  }
}
