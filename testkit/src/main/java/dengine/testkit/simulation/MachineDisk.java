package dengine.testkit.simulation;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.storage.Disk;
import dengine.storage.FileStorageEngine;
import dengine.storage.SimulatedDisk;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The disk of one machine: what becomes of it when processes die and the power goes, how it fails,
/// fills up and rots, and whether what is found on it is what was written.
final class MachineDisk {

  private static final String SNAPSHOT = "snapshot-";

  private final Machine machine;
  private final World world;
  private final RandomGenerator random;
  private final Path directory;
  private SimulatedDisk disk = new SimulatedDisk();
  private @Nullable SimulatedDisk older;
  private @Nullable DiskDamage damage;
  private SimulatedDisk.Faults faults = SimulatedDisk.Faults.NONE;

  /// Until when there is no room for snapshots.
  private long fullUntil;

  /// What the last node that came up has written; nothing if its disk was taken out.
  private @Nullable RememberedLog remembered;

  /// Whether power was lost since that node died.
  private boolean powerLost;

  MachineDisk(Machine machine, World world) {
    this.machine = machine;
    this.world = world;
    this.random = world.random();
    this.directory = Path.of("node-" + machine.id());
  }

  Path directory() {
    return directory;
  }

  private MetaStore.Identity identity() {
    return new MetaStore.Identity(Machine.CLUSTER, machine.id());
  }

  private StorageOptions options(Disk on) {
    return StorageOptions.DEFAULT
        .withDisk(on)
        .withSegmentBytes(machine.knobs().segmentBytes())
        .withWallClock(() -> Instant.ofEpochMilli(machine.wallMillis()))
        .withoutBackground();
  }

  /// What a process that begins finds, which must be what the last one left.
  RememberedLog open(NodeProcess process) {
    FileStorageEngine files =
        FileStorageEngine.open(directory, identity(), options(process.sabotage().around(disk)));
    files.cut().ifPresent(_ -> world.marks().hit("incomplete last batch cut"));
    RememberedLog log = new RememberedLog(process.sabotage().around(files));
    lookBack(files);
    remembered = log;
    powerLost = false;
    return log;
  }

  /// What the running node has written so far, synced or not, or the last one that ran.
  Optional<RememberedLog> log() {
    return Optional.ofNullable(remembered);
  }

  /// What the disk would hold if everything that is not safe were lost now.
  SimulatedDisk platter() {
    return machine.knobs().losesPower() ? disk.afterPowerCut(choice -> 0) : disk.afterKill();
  }

  /// Opens a copy of the disk as a new process would.
  FileStorageEngine reopen(SimulatedDisk copy) {
    return FileStorageEngine.open(directory, identity(), options(copy));
  }

  /// What a disk says of the part its node has in the cluster.
  ///
  /// @param incarnation 0 for a disk that was never used
  /// @param membership the configuration a node goes by that starts on it; empty if it knows none
  record Standing(long incarnation, Optional<Membership> membership) {}

  /// What is on the disk now.
  Standing standing() {
    repair();
    try (StorageEngine there = reopen(disk.afterKill())) {
      RememberedLog log = new RememberedLog(there);
      return new Standing(there.meta().incarnation(), log.lastMembership());
    } catch (StorageException refused) {
      // What was damaged on purpose has just been repaired.
      throw new Violation("node " + machine.id() + " cannot open its disk, " + this, refused);
    }
  }

  /// Whether there are only so many entries after the newest snapshot, and only so many before it.
  /// On disk a part of a file or two may be waiting until all of it can be deleted.
  boolean isBounded(long after, long before) {
    RememberedLog log = remembered;
    if (log == null || log.sinceSnapshot() > after) {
      return false;
    }
    try (StorageEngine there = reopen(disk.afterKill())) {
      return log.bytesBefore(there.log(), before) <= 2L * machine.knobs().segmentBytes();
    }
  }

  /// The process on it is gone.
  void crash(boolean power) {
    boolean loses = power && machine.knobs().losesPower() && world.plan().has(Trouble.POWER_CUTS);
    if (loses) {
      // Each unsynced sector and name has its own fate.
      List<Integer> outcomes = disk.choices();
      world.marks().hit(outcomes.isEmpty() ? "power cut" : "power cut with unsynced writes");
      disk = disk.afterPowerCut(choice -> random.nextInt(outcomes.get(choice)));
    } else {
      disk = disk.afterKill();
    }
    powerLost |= loses;
    if (world.plan().looksAtDisks() && damage == null) {
      try (FileStorageEngine found = reopen(disk.afterKill())) {
        lookBack(found);
      } catch (StorageException unreadable) {
        throw new Violation(
            "node " + machine.id() + " left a disk that cannot be opened", unreadable);
      }
    }
    prepare();
  }

  /// What is found on the disk is what was written to it.
  private void lookBack(FileStorageEngine found) {
    RememberedLog expected = remembered;
    if (expected != null && world.plan().looksAtDisks() && damage == null) {
      expected.compare(found.log(), found.snapshots(), !powerLost);
    }
  }

  /// It works.
  void prepare() {
    inject(SimulatedDisk.Faults.NONE);
    world.plan().bug().prepare(disk);
  }

  /// It works, and there is room on it.
  void heal() {
    repair();
    fullUntil = 0;
    disk.limitTo(Long.MAX_VALUE);
    prepare();
  }

  private void inject(SimulatedDisk.Faults next) {
    faults = next;
    disk.inject(
        fullUntil <= world.agenda().now()
            ? next
            : (call, path) -> {
              next.before(call, path);
              if (path.contains(SNAPSHOT)
                  && (path.startsWith("write") || path.startsWith("create"))) {
                world.marks().hit("no room for a snapshot");
                throw new IOException("No space left on device");
              }
            });
  }

  /// For a while there is no room for snapshots; what the log needs is set aside.
  void fill(long duration) {
    long until = world.agenda().now() + duration;
    fullUntil = until;
    disk.limitTo(0);
    inject(faults);
    world
        .agenda()
        .at(
            until,
            () -> {
              if (fullUntil == until) {
                fullUntil = 0;
                disk.limitTo(Long.MAX_VALUE);
                inject(faults);
              }
            });
  }

  /// The process dies before one of the next calls, between any two of them.
  void crashAt(int calls) {
    inject(
        (call, path) -> {
          NodeProcess present = machine.process();
          if (call >= calls && present != null) {
            present.die();
            throw new SimulatedDisk.PowerCut();
          }
        });
  }

  /// One of the next syncs or writes fails.
  void failAt(int calls, String how) {
    inject(
        (call, path) -> {
          if (call >= calls) {
            NodeProcess present = machine.process();
            if (present != null) {
              present.expectToStop();
            }
            throw new IOException(how);
          }
        });
  }

  /// Puts an older copy of the disk in, or keeps one for later.
  void swap(boolean back) {
    repair();
    remembered = null;
    SimulatedDisk present = disk.copy();
    if (back && older != null) {
      disk = older;
      prepare();
    }
    older = present;
  }

  /// Puts a new disk in.
  void wipe() {
    damage = null;
    remembered = null;
    disk = new SimulatedDisk();
    prepare();
  }

  /// Puts a new disk in that says it was the old one.
  void wipeButForIdentity() {
    MetaStore.Identity owner = identity();
    long incarnation = standing().incarnation();
    Optional<Membership> founders = Optional.empty();
    try (StorageEngine before = reopen(disk.afterKill())) {
      founders = before.meta().founders();
    }
    wipe();
    try (StorageEngine fresh = reopen(disk)) {
      fresh.meta().establish(owner, incarnation);
      founders.ifPresent(fresh.meta()::found);
    }
    disk = disk.afterKill();
    prepare();
  }

  /// While nobody uses it, something in the log changes that had been safe.
  void damage() {
    if (!machine.isUp() && damage == null) {
      DiskDamage.ofLog(disk, random).ifPresent(done -> damage = done);
    }
  }

  /// A snapshot rots, whether somebody uses it or not.
  void rot() {
    if (damage == null) {
      DiskDamage.ofSnapshot(disk, random)
          .ifPresent(
              done -> {
                damage = done;
                world.marks().hit("snapshot rotten");
              });
    }
  }

  boolean isDamaged() {
    return damage != null;
  }

  /// Brings back what it was.
  void repair() {
    if (damage != null) {
      damage.undo(disk);
      damage = null;
    }
  }

  /// Whether an error says rightly what is wrong with it.
  boolean explains(StorageException refusal) {
    return damage != null && damage.isNamedBy(refusal);
  }

  @Override
  public String toString() {
    return "damage: " + damage;
  }
}
