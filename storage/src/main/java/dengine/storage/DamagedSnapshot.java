package dengine.storage;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.util.List;

/// A finished snapshot's file that is not what was written.
///
/// @param position by its name
/// @param damage what is wrong with it, and where
public record DamagedSnapshot(Position position, StorageException.Corrupt damage) {

  boolean isNewerThanAll(List<Snapshot> snapshots) {
    return snapshots.stream().allMatch(it -> it.point().position().index() < position.index());
  }

  /// Whether all that was in it is elsewhere: an older snapshot, and the log from there on beyond
  /// this one's position.
  ///
  /// @param intact the other snapshots
  boolean isDispensable(RecoveredLog log, List<Snapshot> intact) {
    return FileStorageEngine.isCovered(log, intact) && holds(log, position);
  }

  /// Whether an entry with this index and term is in the log, or the last one before it.
  static boolean holds(RecoveredLog log, Position position) {
    if (position.index() < log.base().index() || position.index() > log.lastIndex()) {
      return false;
    }
    long term = log.base().term();
    for (RecoveredLog.TermRun run : log.runs()) {
      if (run.firstIndex() <= position.index()) {
        term = run.term();
      }
    }
    return term == position.term();
  }

  /// Why a node does not start beside it, and what to do.
  StorageException.Corrupt refusal(RecoveredLog log, List<Snapshot> intact) {
    if (!isDispensable(log, intact)) {
      return damage;
    }
    StorageException.Corrupt refusal =
        new StorageException.Corrupt(
            damage.file(),
            damage.offset(),
            "the snapshot is damaged, but all that was in it is also in the log"
                + (intact.isEmpty()
                    ? ""
                    : " and the snapshot at " + intact.getLast().point().position().index())
                + ": move this file out of the directory and start again, nothing is lost;"
                + " then look after the disk");
    refusal.initCause(damage);
    return refusal;
  }
}
