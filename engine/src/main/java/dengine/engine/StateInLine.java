package dengine.engine;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StateMachine;
import dengine.engine.spi.StorageException;
import dengine.raft.Entry;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.util.Optional;

/// Brings the state machine in line with snapshot and log at a start.
///
/// A machine with storage of its own may be ahead of its log: with `MemFirst` a power cut takes
/// back entries that were applied, and what a store has written by itself by then stays. Its state
/// may also be of another history: a log that was restored from a backup, or a directory that got
/// here from elsewhere. Going on from there would be a state that no other node has.
///
/// Such a state is discarded and built again, where that costs nothing but time. With `DiskFirst`
/// no crash takes back what was applied (rule D9): if the node's own state says so all the same, it
/// is the only witness that the log has lost what it promised to keep, and the node does not start.
final class StateInLine {

  /// What speaks against going on from the machine's state.
  ///
  /// @param foreign the state says nothing about the log: it is not of this node
  private record Flaw(boolean foreign, String what) {}

  private static final Logger LOG = System.getLogger(StateInLine.class.getName());

  private final NodeBuilder.Parts parts;
  private final StateMachine machine;
  private final Optional<SnapshotPoint> newest;
  private final Position at;

  private StateInLine(NodeBuilder.Parts parts, Optional<SnapshotPoint> newest) {
    this.parts = parts;
    this.machine = parts.stateMachine();
    this.newest = newest;
    this.at = newest.map(SnapshotPoint::position).orElse(Position.ORIGIN);
  }

  /// Leaves the machine with a state that snapshot and log vouch for.
  ///
  /// @param newest snapshot; the log begins at it or before
  /// @param log as it was found
  /// @return up to where the machine has applied
  /// @throws StorageException if that cannot be done
  static long bring(NodeBuilder.Parts parts, Optional<SnapshotPoint> newest, RecoveredLog log) {
    StateInLine line = new StateInLine(parts, newest);
    boolean own = line.machine.belongsTo(parts.identity(), parts.storage().meta().incarnation());
    Optional<Flaw> flaw = line.flaw(own, log);
    flaw.ifPresent(line::discard);
    if (line.at.index() > line.machine.appliedIndex()) {
      line.restore(newest.orElseThrow());
      return line.at.index();
    }
    return line.machine.appliedIndex();
  }

  private Optional<Flaw> flaw(boolean own, RecoveredLog log) {
    long applied = machine.appliedIndex();
    if (applied == 0 || applied < at.index()) {
      return Optional.empty(); // the snapshot replaces all of it
    }
    if (!own) {
      return Optional.of(
          new Flaw(
              true, "it has applied up to " + applied + " for another node or data directory"));
    }
    // A log that does not hold the snapshot is about to begin there.
    long last = Beginning.holds(log, at) ? log.lastIndex() : at.index();
    if (applied > last) {
      return Optional.of(
          new Flaw(false, "it has applied up to " + applied + ", and the log ends at " + last));
    }
    return applied == at.index()
        ? difference(at.term(), newest.orElseThrow().time())
        : difference(parts.storage().log().read(applied, applied, Long.MAX_VALUE).getFirst());
  }

  private Optional<Flaw> difference(Entry logged) {
    return difference(logged.term(), logged.time());
  }

  /// How the last entry the machine has applied is not the one that has its index here.
  private Optional<Flaw> difference(long term, long time) {
    long appliedTerm = machine.appliedTerm();
    long appliedTime = machine.appliedTime();
    if ((appliedTerm == 0 || appliedTerm == term) && (appliedTime == 0 || appliedTime == time)) {
      return Optional.empty();
    }
    return Optional.of(
        new Flaw(
            false,
            "the entry %d that it has applied has term %d and time %d, and here it has %d and %d"
                .formatted(machine.appliedIndex(), appliedTerm, appliedTime, term, time)));
  }

  private void discard(Flaw flaw) {
    if (!flaw.foreign && parts.options().persistence() instanceof Persistence.DiskFirst) {
      throw refusal(
          flaw,
          "With DiskFirst no crash does that: the log has lost what was synced, or was put back to"
              + " what it was before, and this node may have forgotten what it promised. If the"
              + " other nodes are healthy, replace it by an empty one. If you know why this is so,"
              + " as when the node ran with MemFirst until the power failed,");
    }
    // What is about to be given up must be there once more.
    newest.ifPresent(this::verify);
    if (!machine.discard()) {
      throw refusal(flaw, "The state machine cannot discard it by itself:");
    }
    LOG.log(
        Logger.Level.WARNING,
        () ->
            "node=%d event=state-discarded detail=\"%s; it is built again from %s\""
                .formatted(parts.identity().nodeId(), contradiction(flaw), source()));
  }

  private StorageException refusal(Flaw flaw, String why) {
    return new StorageException.Inconsistent(
        ("%s. %s move the directory of the state away (not the log's) while the node is stopped,"
                + " and start it again: the state is built again from %s")
            .formatted(contradiction(flaw), why, source()));
  }

  private String contradiction(Flaw flaw) {
    return "the state of %s does not go with the log of %s: %s"
        .formatted(machine, parts.identity(), flaw.what);
  }

  private String source() {
    return newest.isPresent() ? "the snapshot at " + at + " and the log" : "the log";
  }

  private void verify(SnapshotPoint point) {
    try (SnapshotStore.Reading reading = parts.storage().snapshots().open(point.position())) {
      reading.stream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw cannotRestore(point, e);
    }
  }

  private void restore(SnapshotPoint point) {
    Position position = point.position();
    try (SnapshotStore.Reading reading = parts.storage().snapshots().open(position)) {
      machine.restore(reading.stream(), position.index(), position.term(), point.time());
    } catch (IOException e) {
      throw cannotRestore(point, e);
    }
  }

  private static StorageException cannotRestore(SnapshotPoint point, IOException failure) {
    return new StorageException.Inconsistent(
        "the snapshot at "
            + point.position()
            + " cannot be restored: "
            + failure.getMessage()
            + ". Keep a copy of the directory; if the other nodes are healthy, replace this node by"
            + " an empty one",
        failure);
  }
}
