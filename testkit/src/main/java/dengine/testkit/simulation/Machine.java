package dengine.testkit.simulation;

import dengine.engine.NodeStatus;
import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Message;
import dengine.storage.FileStorageEngine;
import dengine.storage.SimulatedDisk;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
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
  private final Path directory;
  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
  private Knobs knobs;
  private SimulatedDisk disk = new SimulatedDisk();
  private @Nullable SimulatedDisk older;
  private @Nullable NodeProcess process;
  private @Nullable FileStorageEngine opened;

  /// What the last node that came up has written; nothing if its disk was taken out.
  private @Nullable RememberedLog written;

  /// Whether power was lost since that node died.
  private boolean powerLost;

  private long wallBase = 1_700_000_000_000L;
  private long pausedUntil;
  private long diskStalledUntil;
  private @Nullable DiskDamage damage;

  Machine(World world, Subject.Load load, int id) {
    this.world = world;
    this.load = load;
    this.agenda = world.agenda();
    this.random = world.random();
    this.id = id;
    this.knobs = world.knobs();
    this.directory = Path.of("node-" + id);
    world.network().join(id, this);
  }

  int id() {
    return id;
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
    prepareDisk();
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

  private MetaStore.Identity identity() {
    return new MetaStore.Identity(CLUSTER, id);
  }

  private StorageOptions storageOptions(SimulatedDisk on) {
    return StorageOptions.DEFAULT
        .withDisk(on)
        .withSegmentBytes(knobs.segmentBytes())
        .withoutBackground();
  }

  void start() {
    if (isUp()) {
      return;
    }
    double rate = 1 + (2 * random.nextDouble() - 1) * knobs.drift();
    NodeProcess fresh =
        new NodeProcess(this, agenda, random, world.watch(), plan().bug().clockRate(rate, random));
    process = fresh;
    prepareDisk();
    if (!knobs.isHealed() && plan().has(Trouble.CRASH_IN_RECOVERY) && random.nextInt(8) == 0) {
      // Perhaps while it recovers.
      if (random.nextInt(4) > 0 || !plan().has(Trouble.FAIL_DISK)) {
        crashAtDisk(random.nextInt(20));
      } else {
        failDisk(random.nextInt(20), "Input/output error");
      }
    }
    run(fresh, () -> start(fresh));
    if (!isUp()) {
      agenda.in(1 + random.nextLong(knobs.electionTimeout()), this::start);
    }
  }

  private void start(NodeProcess fresh) {
    FileStorageEngine files = FileStorageEngine.open(directory, identity(), storageOptions(disk));
    files.cut().ifPresent(_ -> world.marks().hit("incomplete last batch cut"));
    opened = files;
    RememberedLog log = new RememberedLog(fresh.sabotage().around(files));
    lookBack(files);
    written = log;
    powerLost = false;
    fresh.life(
        load.start(
            new Subject.Parts(id, directory, log, world.network().transport(id, fresh), fresh)));
    repair();
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
    } catch (SimulatedDisk.PowerCut cut) {
      // Thrown while the node was recovering; later the engine takes it for an error of the disk.
      world.marks().hit("crash in recovery");
      in.die();
    } catch (StorageException refused) {
      refused(in, refused);
    }
    world.watch().verify();
    if (in.hasStopped() && !in.isExpectedToStop()) {
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
    DiskDamage present = damage;
    boolean explained = present != null && present.isNamedBy(refusal);
    if (!explained && !in.isExpectedToStop()) {
      throw new Violation("node " + id + " cannot open its disk, damage: " + present, refusal);
    }
    world.marks().hit(explained ? "damaged disk refused" : "failing disk refused");
    in.die();
    repair();
  }

  private void repair() {
    if (damage != null) {
      damage.undo(disk);
      damage = null;
    }
  }

  /// While nobody uses it, something on the disk changes that had been safe.
  void damageDisk() {
    if (!isUp() && damage == null) {
      DiskDamage.random(disk, random).ifPresent(done -> damage = done);
    }
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
    opened = null;
    inbox.clear();
    pausedUntil = 0;
    boolean loses = power && knobs.losesPower() && plan().has(Trouble.POWER_CUTS);
    if (loses) {
      // Each unsynced sector and name has its own fate.
      List<Integer> outcomes = disk.choices();
      world.marks().hit(outcomes.isEmpty() ? "power cut" : "power cut with unsynced writes");
      disk = disk.afterPowerCut(choice -> random.nextInt(outcomes.get(choice)));
    } else {
      disk = disk.afterKill();
    }
    powerLost |= loses;
    if (plan().looksAtDisks() && damage == null) {
      try (FileStorageEngine found = reopen(disk.copy())) {
        lookBack(found);
      }
    }
    prepareDisk();
  }

  /// What is found on the disk is what was written to it.
  private void lookBack(FileStorageEngine found) {
    RememberedLog expected = written;
    if (expected != null && plan().looksAtDisks()) {
      expected.compare(found.log(), !powerLost);
    }
  }

  private void prepareDisk() {
    disk.inject(SimulatedDisk.Faults.NONE);
    plan().bug().prepare(disk);
  }

  /// Puts an older copy of the disk in, or keeps one for later.
  void swapDisk(boolean back) {
    repair();
    written = null;
    SimulatedDisk present = disk.copy();
    if (back && older != null) {
      disk = older;
      prepareDisk();
    }
    older = present;
  }

  /// Puts a new disk in.
  void wipeDisk() {
    damage = null;
    written = null;
    disk = new SimulatedDisk();
    prepareDisk();
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

  /// Dies before one of the next calls to the disk, between any two of them.
  void crashAtDisk(int calls) {
    disk.inject(
        (call, path) -> {
          NodeProcess present = process;
          if (call >= calls && present != null) {
            present.die();
            throw new SimulatedDisk.PowerCut();
          }
        });
  }

  /// One of the next syncs or writes fails.
  void failDisk(int calls, String how) {
    disk.inject(
        (call, path) -> {
          if (call >= calls) {
            if (process != null) {
              process.expectToStop();
            }
            throw new IOException(how);
          }
        });
  }

  /// What the running node has written so far, synced or not.
  Optional<LogStore> log() {
    return Optional.ofNullable(opened).map(FileStorageEngine::log);
  }

  /// What the disk would hold if everything that is not safe were lost now.
  SimulatedDisk platter() {
    return knobs.losesPower() ? disk.afterPowerCut(choice -> 0) : disk.afterKill();
  }

  /// Opens a copy of the disk as a new process would.
  FileStorageEngine reopen(SimulatedDisk copy) {
    return FileStorageEngine.open(directory, identity(), storageOptions(copy));
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
