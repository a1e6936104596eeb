package dengine.storage;

import static dengine.storage.Changes.OWNER;
import static dengine.storage.Changes.entries;
import static dengine.storage.Changes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.storage.NewDirectory.Founding;
import dengine.storage.OfflineDirectory.Inspection;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A directory whose newest snapshot is damaged, while an older one and the log may hold all of it.
class DamagedSnapshotTest {

  private static final Position OLDER = new Position(3, 1);
  private static final Position NEWER = new Position(6, 1);
  private static final Path OLD = Path.of("old");
  private static final Path MADE = Path.of("made");
  private static final Identity NEW_OWNER = new Identity(0x1234, 3);
  private static final Founding FOUNDING = new Founding(NEW_OWNER, 99, Membership.of(3));

  private final SimulatedDisk disk = new SimulatedDisk();
  private final StorageOptions options = Changes.SMALL.withDisk(disk);

  /// Snapshots at 3 and 6, entries from 3 or earlier on to 8.
  @BeforeEach
  void aDirectory() {
    try (FileStorageEngine engine = Changes.open(OLD, options)) {
      LogStore log = engine.log();
      for (int index = 1; index <= 8; index++) {
        log.append(List.of(entries(index, entry(index, 1, 1500))));
      }
      log.force();
      Snapshots.take(engine.snapshots(), OLDER);
      Snapshots.take(engine.snapshots(), NEWER);
      log.compact(OLDER);
    }
  }

  private static Path file(Position position) {
    return OLD.resolve(SnapshotNames.finished(position));
  }

  private void damageEnd(Position position) {
    byte[] bytes = disk.bytes(file(position));
    bytes[bytes.length - 1] ^= 1;
  }

  private void damageMiddle(Position position) {
    byte[] bytes = disk.bytes(file(position));
    bytes[bytes.length / 2] ^= 1;
  }

  @Test
  void itDoesNotKeepAnybodyFromLooking() {
    damageEnd(NEWER);

    Inspection found;
    try (OfflineDirectory opened = OfflineDirectory.open(disk, OLD)) {
      found = opened.inspect();
      assertThatThrownBy(opened::verify)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining(file(NEWER).toString());
    }

    assertThat(found.snapshots()).extracting(it -> it.point().position()).containsExactly(OLDER);
    assertThat(found.damaged()).extracting(DamagedSnapshot::position).containsExactly(NEWER);
    assertThat(found.recovered().log().lastIndex()).isEqualTo(8);
  }

  @Test
  void recoveryTakesTheOlderOneAndTheLog() {
    damageEnd(NEWER);

    assertThat(NewDirectory.recover(options, OLD, MADE, FOUNDING)).isEmpty();

    allEntriesArrived();
  }

  @Test
  void recoveryTakesTheOlderOneWhenTheDamageIsInTheMiddle() {
    damageMiddle(NEWER);

    assertThat(NewDirectory.recover(options, OLD, MADE, FOUNDING)).isEmpty();

    allEntriesArrived();
  }

  private void allEntriesArrived() {
    try (FileStorageEngine engine = FileStorageEngine.open(MADE, NEW_OWNER, options)) {
      assertThat(engine.log().recovered().log().base()).isEqualTo(OLDER);
      assertThat(engine.log().read(4, 8, Long.MAX_VALUE))
          .extracting(it -> it.index())
          .containsExactly(4L, 5L, 6L, 7L, 8L);
      assertThat(Snapshots.read(engine.snapshots(), OLDER)).isEqualTo(Snapshots.content(OLDER));
    }
  }

  @Test
  void recoveryIsRefusedWhenTheLogDoesNotReachWhatIsDamaged() {
    Position later = new Position(40, 2);
    try (FileStorageEngine engine = Changes.open(OLD, options)) {
      Snapshots.take(engine.snapshots(), later);
    }
    SimulatedDisk inTheMiddle = disk.copy();
    byte[] bytes = inTheMiddle.bytes(file(later));
    bytes[bytes.length / 2] ^= 1;
    damageEnd(later);

    for (SimulatedDisk each : List.of(disk, inTheMiddle)) {
      assertThatThrownBy(() -> NewDirectory.recover(options.withDisk(each), OLD, MADE, FOUNDING))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining(file(later).toString());
      assertThat(each.files()).contains(OLD.resolve(IdentityFile.NAME));
    }
  }

  @Test
  void aNodeDoesNotStartAndSaysThatNothingIsLostWithoutIt() throws Exception {
    damageEnd(NEWER);
    disk.put(OLD.resolve("spare.seg"), new byte[10]);

    assertThatThrownBy(() -> FileStorageEngine.open(OLD, OWNER, options))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(file(NEWER).toString())
        .hasMessageContaining("in the log and the snapshot at 3: move this file out");
    assertThat(disk.files()).contains(OLD.resolve("spare.seg"));
    disk.delete(file(NEWER));

    try (FileStorageEngine engine = FileStorageEngine.open(OLD, OWNER, options)) {
      assertThat(engine.snapshots().latest().orElseThrow().point().position()).isEqualTo(OLDER);
      assertThat(engine.log().recovered().log().lastIndex()).isEqualTo(8);
    }
  }

  @Test
  void whatOnlyTheDamagedOneHeldIsNotCalledReplaceable() throws Exception {
    disk.delete(file(OLDER));
    damageEnd(NEWER);

    for (int attempt = 0; attempt < 2; attempt++) {
      assertThatThrownBy(() -> FileStorageEngine.open(OLD, OWNER, options))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageNotContaining("move this file");
    }
    assertThatThrownBy(() -> OfflineDirectory.open(disk, OLD))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(file(NEWER).toString());
  }
}
