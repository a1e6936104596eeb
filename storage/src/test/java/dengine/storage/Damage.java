package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.storage.Changes.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What a log says after its files were tampered with.
///
/// @param found the log, if it was served
/// @param cut what recovery took away, if anything
/// @param refusal why the log was not served, otherwise
record Damage(Optional<Model> found, Optional<CutTail> cut, Optional<StorageException> refusal) {

  /// Opens a copy of the disk as it is, and reads all that is on it.
  static Damage seenOn(SimulatedDisk disk) {
    try (FileStorageEngine engine =
        FileStorageEngine.recover(Workload.DIRECTORY, Changes.OWNER, Workload.options(disk))) {
      engine.snapshots().list().forEach(it -> read(engine, it.point().position()));
      return new Damage(Optional.of(Model.of(engine.log())), engine.cut(), Optional.empty());
    } catch (StorageException e) {
      return new Damage(Optional.empty(), Optional.empty(), Optional.of(e));
    }
  }

  private static void read(FileStorageEngine engine, Position position) {
    if (!Arrays.equals(Snapshots.read(engine.snapshots(), position), Snapshots.content(position))) {
      throw new AssertionError("something else in the snapshot at " + position);
    }
  }

  /// Whether it was refused, naming the file and an offset no later than the damage.
  boolean isRefusedAt(Path file, int position) {
    return refusal
        .filter(StorageException.Corrupt.class::isInstance)
        .map(StorageException.Corrupt.class::cast)
        .filter(corrupt -> corrupt.file().equals(file) && corrupt.offset() <= position)
        .isPresent();
  }

  /// Whether this very log was served.
  boolean serves(Model model) {
    return found.filter(model::equals).isPresent();
  }

  /// The log's files.
  static List<Path> logs(SimulatedDisk disk) {
    return disk.files().stream().filter(file -> SegmentFiles.number(file).isPresent()).toList();
  }

  /// Where the frames of the last file end.
  static int endOf(SimulatedDisk disk) {
    return new Recovery(
            disk, Workload.DIRECTORY, Changes.OWNER, Recovery.Mode.LOOK, new EntryReader())
        .run(logs(disk))
        .end();
  }
}
