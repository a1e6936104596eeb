package dengine.testkit.simulation;

import dengine.engine.spi.StorageException;
import dengine.storage.SimulatedDisk;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Something that was safe on a disk and is no longer what it was: a bit has rotted, a write was
/// lost or went to another place. In a log only in files that were full before the last two, so
/// that nothing permits to take it for a batch that was never completed: who opens this disk must
/// refuse it, or not be concerned.
///
/// @param offset of the first byte that changed
/// @param before the sector as it was
/// @param after the sector as it is
record DiskDamage(Path file, int offset, int sector, byte[] before, byte[] after) {

  private static final Pattern LOG = Pattern.compile("log-\\d+\\.seg$");
  private static final Pattern SNAPSHOT = Pattern.compile("\\.snap$");
  private static final int SECTOR = SimulatedDisk.SECTOR;

  /// Damages a log, if there is a file for it.
  static Optional<DiskDamage> ofLog(SimulatedDisk disk, RandomGenerator random) {
    List<Path> logs = named(disk, LOG);
    return logs.size() < 3
        ? Optional.empty()
        : of(disk, logs.get(random.nextInt(logs.size() - 2)), random);
  }

  /// Damages a snapshot that is finished, if there is one.
  static Optional<DiskDamage> ofSnapshot(SimulatedDisk disk, RandomGenerator random) {
    List<Path> snapshots = named(disk, SNAPSHOT);
    return snapshots.isEmpty()
        ? Optional.empty()
        : of(disk, snapshots.get(random.nextInt(snapshots.size())), random);
  }

  private static List<Path> named(SimulatedDisk disk, Pattern pattern) {
    return disk.files().stream().filter(file -> pattern.matcher(file.toString()).find()).toList();
  }

  private static Optional<DiskDamage> of(SimulatedDisk disk, Path file, RandomGenerator random) {
    byte[] content = disk.content(file);
    int sectors = (content.length + SECTOR - 1) / SECTOR;
    int sector = random.nextInt(sectors);
    byte[] before = sector(content, sector);
    byte[] after =
        switch (random.nextInt(3)) {
          case 0 -> rotten(before, random);
          case 1 -> new byte[before.length]; // the write was lost
          // the write of another sector came here
          default -> Arrays.copyOf(sector(content, random.nextInt(sectors)), before.length);
        };
    int first = Arrays.mismatch(before, after);
    if (first < 0) {
      return Optional.empty();
    }
    disk.damage(file, sector * SECTOR, after);
    return Optional.of(new DiskDamage(file, sector * SECTOR + first, sector, before, after));
  }

  private static byte[] sector(byte[] content, int number) {
    return Arrays.copyOfRange(
        content, number * SECTOR, Math.min((number + 1) * SECTOR, content.length));
  }

  private static byte[] rotten(byte[] sector, RandomGenerator random) {
    byte[] rotten = sector.clone();
    int bit = random.nextInt(rotten.length * 8);
    rotten[bit / 8] ^= (byte) (1 << bit % 8);
    return rotten;
  }

  /// Brings back what was there, unless the file has gone meanwhile.
  void undo(SimulatedDisk disk) {
    if (disk.files().contains(file) && Arrays.equals(sector(disk.content(file), sector), after)) {
      disk.damage(file, sector * SECTOR, before);
    }
  }

  /// Whether an error names the file, and a place no later than the damage.
  boolean isNamedBy(StorageException refusal) {
    return refusal instanceof StorageException.Corrupt corrupt
        && corrupt.file().equals(file)
        && corrupt.offset() <= offset;
  }

  @Override
  public String toString() {
    return file + " at offset " + offset;
  }
}
