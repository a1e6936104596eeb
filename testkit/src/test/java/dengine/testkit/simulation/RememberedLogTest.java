package dengine.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.storage.FileStorageEngine;
import dengine.storage.SimulatedDisk;
import dengine.storage.StorageOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RememberedLogTest {

  private static final MetaStore.Identity OWNER = new MetaStore.Identity(7, 1);

  private final SimulatedDisk disk = new SimulatedDisk();

  private static StorageEngine open(SimulatedDisk disk) {
    StorageOptions options =
        StorageOptions.DEFAULT.withDisk(disk).withSegmentBytes(4096).withoutBackground();
    StorageEngine engine = FileStorageEngine.open(Path.of("node"), OWNER, options);
    if (engine.meta().identity().isEmpty()) {
      engine.meta().establish(OWNER, 77);
    }
    return engine;
  }

  private static Effect.Persist change(long sequence) {
    Entry entry = new Entry(sequence, 1, 0, Entry.Kind.COMMAND, new byte[] {(byte) sequence});
    return new Effect.Persist(sequence, Optional.of(new HardState(1, 1)), 0, List.of(entry));
  }

  /// One synced change and two more.
  private RememberedLog written() {
    RememberedLog log = new RememberedLog(open(disk));
    log.append(List.of(change(1)));
    log.force();
    log.append(List.of(change(2)));
    log.append(List.of(change(3)));
    return log;
  }

  private static void compare(RememberedLog log, SimulatedDisk left, boolean complete) {
    try (StorageEngine found = open(left)) {
      log.compare(found.log(), found.snapshots(), complete);
    }
  }

  @Test
  void whatWasWrittenIsThereAfterAKillAndWhatWasSyncedAfterAPowerCut() {
    RememberedLog log = written();

    assertThatCode(() -> compare(log, disk.afterKill(), true)).doesNotThrowAnyException();
    assertThatCode(() -> compare(log, disk.afterPowerCut(choice -> 0), false))
        .doesNotThrowAnyException();
  }

  @Test
  void aKillMustNotLoseWhatWasNotSynced() {
    RememberedLog log = written();

    assertThatExceptionOfType(Violation.class)
        .isThrownBy(() -> compare(log, disk.afterPowerCut(choice -> 0), true));
  }

  @Test
  void aPowerCutMustNotLoseWhatWasSynced() {
    RememberedLog log = written();
    SimulatedDisk empty = new SimulatedDisk();

    assertThatExceptionOfType(Violation.class).isThrownBy(() -> compare(log, empty, false));
  }

  @Test
  void nothingIsFoundThatWasNotWritten() {
    RememberedLog log = written();
    SimulatedDisk other = disk.afterKill();
    try (StorageEngine engine = open(other)) {
      engine.log().append(List.of(change(4)));
    }

    assertThatExceptionOfType(Violation.class).isThrownBy(() -> compare(log, other, false));
  }

  @Test
  void whatIsBeforeTheNewestSnapshotMayBeGone() {
    RememberedLog log = written();
    log.force();
    take(log, 2);
    log.compact(new Position(2, 1));
    take(log, 3);

    assertThatCode(() -> compare(log, disk.afterKill(), true)).doesNotThrowAnyException();
    assertThatCode(() -> compare(log, disk.afterPowerCut(choice -> 0), true))
        .doesNotThrowAnyException();
  }

  @Test
  void aSnapshotMustNotBeLost() {
    RememberedLog log = written();
    log.force();
    SimulatedDisk before = disk.afterKill();
    take(log, 2);

    assertThatExceptionOfType(Violation.class)
        .isThrownBy(() -> compare(log, before, true))
        .withMessageContaining("snapshots");
  }

  @Test
  void aSnapshotIsNotFoundThatWasNotTaken() {
    RememberedLog log = written();
    log.force();
    SimulatedDisk other = disk.afterKill();
    try (StorageEngine engine = open(other)) {
      take(engine, 2);
    }

    assertThatExceptionOfType(Violation.class)
        .isThrownBy(() -> compare(log, other, true))
        .withMessageContaining("snapshots");
  }

  private static void take(StorageEngine engine, long index) {
    SnapshotPoint point = new SnapshotPoint(new Position(index, 1), 0, Membership.of(1), 0);
    try (SnapshotStore.Writing writing = engine.snapshots().create(point)) {
      var _ = writing.finish();
    }
  }
}
