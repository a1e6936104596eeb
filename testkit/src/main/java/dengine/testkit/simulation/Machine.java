package dengine.testkit.simulation;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Message;
import dengine.storage.FileStorageEngine;
import dengine.storage.SimulatedDisk;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The surroundings of one node: its disk, its wall clock, its process, all of them unreliable.
final class Machine implements Network.Station {

  static final long CLUSTER = 7;

  /// What is the same for all machines of a run.
  ///
  /// @param storage what lies between the engine and its files; a planted bug, or nothing
  record World(
      Agenda agenda,
      RandomGenerator random,
      Network network,
      Watch watch,
      UnaryOperator<StorageEngine> storage,
      PlantedBug bug) {}

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final int id;
  private final Path directory;
  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
  private Knobs knobs;
  private SimulatedDisk disk = new SimulatedDisk();
  private @Nullable SimulatedDisk older;
  private @Nullable NodeProcess process;
  private long wallBase = 1_700_000_000_000L;
  private long pausedUntil;
  private long diskStalledUntil;
  private boolean mayStop;

  Machine(World world, int id, Knobs knobs) {
    this.world = world;
    this.agenda = world.agenda();
    this.random = world.random();
    this.id = id;
    this.knobs = knobs;
    this.directory = Path.of("node-" + id);
    world.network().join(id, this);
  }

  int id() {
    return id;
  }

  Knobs knobs() {
    return knobs;
  }

  void use(Knobs next) {
    knobs = next;
    diskStalledUntil = 0;
    mayStop = false;
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

  /// The running engine, or null.
  @Nullable EmbeddedEngine engine() {
    NodeProcess present = process;
    return present == null ? null : present.engine();
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
    NodeProcess fresh = new NodeProcess(this, agenda, random, world.watch(), rate);
    process = fresh;
    mayStop = false;
    prepareDisk();
    if (knobs.faultEvery() < Long.MAX_VALUE / 8 && random.nextInt(8) == 0) {
      crashAtDisk(random.nextInt(20)); // perhaps while it recovers
    }
    run(fresh, () -> fresh.engine(engine(fresh)));
    if (!isUp()) {
      agenda.in(1 + random.nextLong(knobs.electionTimeout()), this::start);
    }
  }

  private EmbeddedEngine engine(NodeProcess fresh) {
    List<MemberAddress> members = new ArrayList<>();
    for (int member = 1; member <= knobs.nodes(); member++) {
      members.add(MemberAddress.voter(member, "node-" + member));
    }
    EngineConfig config =
        EngineConfig.of(id, members, directory)
            .withClusterId(CLUSTER)
            .withRaft(knobs.raft())
            .withPersistence(knobs.persistence())
            .withDeadline(knobs.deadline());
    StorageEngine files = FileStorageEngine.open(directory, identity(), storageOptions(disk));
    return EmbeddedEngine.builder(config)
        .storage(world.storage().apply(files))
        .transport(world.network().transport(id, fresh))
        .clock(fresh)
        .execution(fresh)
        .random(random)
        .start();
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
      in.die();
    } catch (StorageException damaged) {
      throw new Violation("node " + id + " cannot open its disk", damaged);
    }
    world.watch().verify();
    if (in.hasStopped() && !mayStop) {
      throw new Violation("node " + id + " stopped itself though nothing is wrong with its disk");
    }
    if (!in.isAlive()) {
      crash();
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
    inbox.clear();
    pausedUntil = 0;
    if (power && knobs.losesPower()) {
      // Each unsynced sector and name has its own fate.
      List<Integer> outcomes = disk.choices();
      disk = disk.afterPowerCut(choice -> random.nextInt(outcomes.get(choice)));
    } else {
      disk = disk.afterKill();
    }
    prepareDisk();
  }

  private void prepareDisk() {
    disk.inject(SimulatedDisk.Faults.NONE);
    if (world.bug() == PlantedBug.DISK_LIES) {
      disk.lieAboutSyncs();
    }
  }

  /// Puts an older copy of the disk in, or keeps one for later.
  void swapDisk(boolean back) {
    SimulatedDisk present = disk.copy();
    if (back && older != null) {
      disk = older;
      prepareDisk();
    }
    older = present;
  }

  /// Puts a new disk in.
  void wipeDisk() {
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
            mayStop = true;
            throw new IOException(how);
          }
        });
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
}
