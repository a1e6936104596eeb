package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.raft.Effect.Persist;
import dengine.storage.Changes.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Changes in batches, with a sync after some, and what the log must be after each change.
///
/// @param batches to append
/// @param synced whether a sync follows the batch
/// @param models the log after so many changes
record Workload(List<List<Persist>> batches, List<Boolean> synced, List<Model> models) {

  static final Path DIRECTORY = Path.of("data");

  /// How far a run came.
  static final class Progress {
    /// Changes that were handed to the log.
    int issued;

    /// Changes that a sync reported durable.
    int acknowledged;

    /// The failure that ended the run, if it was one of the disk.
    RuntimeException failure = new IllegalStateException("no failure");
  }

  static Workload random(long seed, int batchCount, int maxPayload) {
    Random random = new Random(seed);
    List<List<Persist>> batches = new ArrayList<>();
    List<Boolean> synced = new ArrayList<>();
    List<Model> models = new ArrayList<>(List.of(Model.EMPTY));
    for (int batch = 0; batch < batchCount; batch++) {
      List<Persist> changes = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        Persist change = Changes.random(models.getLast(), models.size(), maxPayload, random);
        changes.add(change);
        models.add(models.getLast().after(change));
      }
      batches.add(changes);
      synced.add(random.nextInt(3) > 0);
    }
    return new Workload(batches, synced, models);
  }

  static StorageOptions options(SimulatedDisk disk) {
    return Changes.SMALL.withDisk(disk);
  }

  /// Runs until the end, a power cut or a failure of the disk.
  Progress run(SimulatedDisk disk) {
    Progress progress = new Progress();
    try {
      FileStorageEngine engine = Changes.open(DIRECTORY, options(disk));
      write(engine.log(), progress);
      engine.close();
    } catch (RuntimeException e) {
      progress.failure = e;
    }
    return progress;
  }

  void write(LogStore log, Progress progress) {
    for (int i = 0; i < batches.size(); i++) {
      progress.issued += batches.get(i).size();
      log.append(batches.get(i));
      if (synced.get(i)) {
        log.force();
        progress.acknowledged = progress.issued;
      }
    }
  }

  /// Whether a recovered log is what a crash may leave: everything acknowledged, nothing but a
  /// prefix.
  boolean explains(Model found, Progress progress) {
    for (int i = progress.acknowledged; i <= progress.issued; i++) {
      if (models.get(i).explains(found, 0)) {
        return true;
      }
    }
    return false;
  }
}
