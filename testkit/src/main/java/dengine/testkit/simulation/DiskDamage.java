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
/// lost or went to another place. Only in files that were full before the last two, so that nothing
/// permits to take it for a batch that was never completed: who opens this disk must refuse it, or
/// not be concerned.
///
/// @param offset of the first byte that changed
/// @param before the sector as it was
record DiskDamage(Path file, int offset, int sector, byte[] before) {

  private static final Pattern LOG = Pattern.compile("log-\\d+\\.seg$");
  private static final int SECTOR = SimulatedDisk.SECTOR;

  /// Damages a disk, if there is a file for it.
  static Optional<DiskDamage> random(SimulatedDisk disk, RandomGenerator random) {
    List<Path> logs =
        disk.files().stream().filter(file -> LOG.matcher(file.toString()).find()).toList();
    if (logs.size() < 3) {
      return Optional.empty();
    }
    Path file = logs.get(random.nextInt(logs.size() - 2));
    byte[] content = disk.content(file);
    int sectors = content.length / SECTOR;
    int sector = random.nextInt(sectors);
    byte[] before = Arrays.copyOfRange(content, sector * SECTOR, (sector + 1) * SECTOR);
    byte[] after =
        switch (random.nextInt(3)) {
          case 0 -> rotten(before, random);
          case 1 -> new byte[SECTOR]; // the write was lost
          default -> { // the write of another sector came here
            int other = random.nextInt(sectors);
            yield Arrays.copyOfRange(content, other * SECTOR, (other + 1) * SECTOR);
          }
        };
    int first = Arrays.mismatch(before, after);
    if (first < 0) {
      return Optional.empty();
    }
    disk.damage(file, sector * SECTOR, after);
    return Optional.of(new DiskDamage(file, sector * SECTOR + first, sector, before));
  }

  private static byte[] rotten(byte[] sector, RandomGenerator random) {
    byte[] rotten = sector.clone();
    int bit = random.nextInt(rotten.length * 8);
    rotten[bit / 8] ^= (byte) (1 << bit % 8);
    return rotten;
  }

  void undo(SimulatedDisk disk) {
    disk.damage(file, sector * SECTOR, before);
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
