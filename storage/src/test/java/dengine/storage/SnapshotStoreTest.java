package dengine.storage;

import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Reading;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.SnapshotStore.Writing;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotStoreTest {

  private static final Position FIRST = new Position(5, 1);
  private static final Position SECOND = new Position(9, 2);
  private static final long NOW = 1_700_000_000_000L;

  private final SimulatedDisk disk = new SimulatedDisk();

  private FileStorageEngine open(SimulatedDisk on) {
    InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(NOW));
    return Changes.open(DIRECTORY, Workload.options(on).withWallClock(clock));
  }

  @Test
  void whatWasWrittenIsReadAtOnceAndAfterARestart() {
    for (int bytes : new int[] {0, 1, 65_535, 65_536, 65_537, 300_000}) {
      SimulatedDisk fresh = new SimulatedDisk();
      byte[] content = Snapshots.random(bytes);

      Snapshot taken = Snapshots.take(open(fresh).snapshots(), FIRST, content);

      SnapshotStore again = open(fresh.afterPowerCut(_ -> 0)).snapshots();
      assertThat(again.list()).containsExactly(taken);
      assertThat(again.latest()).contains(taken);
      assertThat(taken.point()).isEqualTo(Snapshots.point(FIRST));
      assertThat(taken.createdMillis()).isEqualTo(NOW);
      assertThat(taken.bytes()).isEqualTo(fresh.bytes(Snapshots.file(FIRST)).length);
      assertThat(Snapshots.read(again, FIRST)).isEqualTo(content);
    }
  }

  @Test
  void theSameContentHasTheSameFingerprintAndAnotherHasAnother() {
    SnapshotStore store = open(disk).snapshots();
    Snapshot one = Snapshots.take(store, FIRST, Snapshots.random(5000));
    Snapshot same =
        Snapshots.take(open(new SimulatedDisk()).snapshots(), FIRST, Snapshots.random(5000));
    byte[] changed = Snapshots.random(5000);
    changed[4999] ^= 1;

    Snapshot other = Snapshots.take(store, FIRST, changed);

    assertThat(same).isEqualTo(one);
    assertThat(other.fingerprint()).isNotEqualTo(one.fingerprint());
    assertThat(store.list()).containsExactly(other);
  }

  @Test
  void aSnapshotExistsFromItsFinishOn() throws IOException {
    SnapshotStore store = open(disk).snapshots();
    try (Writing writing = store.create(Snapshots.point(FIRST))) {
      writing.stream().write(7);
      writing.stream().write(Snapshots.random(100_000));

      assertThat(store.list()).isEmpty();
      assertThat(open(disk.afterKill()).snapshots().list()).isEmpty();
    }

    assertThat(Snapshots.files(disk)).isEmpty();
    assertThat(store.list()).isEmpty();
  }

  @Test
  void aFinishedSnapshotTakesNoMore() throws IOException {
    SnapshotStore store = open(disk).snapshots();
    try (Writing writing = store.create(Snapshots.point(FIRST))) {
      writing.finish();

      assertThatThrownBy(() -> writing.stream().write(1)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(writing::finish).isInstanceOf(IllegalStateException.class);
    }
    assertThat(Snapshots.read(store, FIRST)).isEmpty();
  }

  @Test
  void whatIsWrittenIsSyncedOnTheWay() {
    SnapshotStore store = open(disk).snapshots();
    List<String> calls = new ArrayList<>();
    disk.inject((number, call) -> calls.add(call.substring(0, call.indexOf(' '))));

    Snapshots.take(store, FIRST, new byte[2 * SnapshotWriter.SYNC_STEP_BYTES]);

    assertThat(calls.indexOf("force")).isLessThan(calls.size() / 2);
    assertThat(calls.stream().filter("force"::equals)).hasSize(3);
  }

  @Test
  void onlyTheNewestAreRetainedAndAnOpenOneStaysReadable() throws IOException {
    SnapshotStore store = open(disk).snapshots();
    Snapshots.take(store, SECOND);
    Snapshots.take(store, FIRST);
    try (Reading reading = store.open(FIRST);
        InputStream stream = reading.stream()) {
      store.retain(1);

      assertThat(store.list()).extracting(it -> it.point().position()).containsExactly(SECOND);
      assertThat(Snapshots.files(disk)).containsExactly(Snapshots.file(SECOND));
      assertThat(stream.readAllBytes()).isEqualTo(Snapshots.content(FIRST));
    }
    assertThatThrownBy(() -> store.open(FIRST))
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("no snapshot");
    assertThatThrownBy(() -> store.retain(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bytesOfTheFileAreGivenAsTheyAre() {
    SnapshotStore store = open(disk).snapshots();
    Snapshot taken = Snapshots.take(store, FIRST, Snapshots.random(1000));
    byte[] whole = disk.content(Snapshots.file(FIRST));
    try (Reading reading = store.open(FIRST)) {
      assertThat(reading.snapshot()).isEqualTo(taken);
      assertThat(reading.read(0, 10)).hasSize(10).isEqualTo(Arrays.copyOf(whole, 10));
      assertThat(reading.read(taken.bytes() - 3, 10)).hasSize(3).endsWith(whole[whole.length - 1]);
      assertThat(reading.read(taken.bytes() + 5, 10)).isEmpty();
      assertThatThrownBy(() -> reading.read(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aSnapshotLeavesRoomForTheLog() {
    SnapshotStore store = open(disk).snapshots();
    long used = disk.files().stream().mapToLong(it -> disk.content(it).length).sum();
    long reserved = (long) SnapshotWriter.SYNC_STEP_BYTES + Changes.SMALL.segmentBytes();
    disk.limitTo(used + reserved - 1);
    assertThatThrownBy(() -> Snapshots.take(store, FIRST))
        .isInstanceOf(StorageException.DiskFull.class);
    disk.limitTo(used + reserved + SnapshotWriter.SYNC_STEP_BYTES);
    assertThatThrownBy(
            () -> Snapshots.take(store, FIRST, new byte[3 * SnapshotWriter.SYNC_STEP_BYTES]))
        .isInstanceOf(StorageException.DiskFull.class);

    assertThat(Snapshots.files(disk)).isEmpty();
    assertThat(Snapshots.take(store, FIRST).point()).isEqualTo(Snapshots.point(FIRST));
  }

  @Test
  void c5ASnapshotIsDurableBeforeItHasItsNameAndItsNameBeforeItCounts() {
    SnapshotStore store = open(disk).snapshots();
    List<String> calls = new ArrayList<>();
    disk.inject(
        (number, path) -> {
          calls.add(path.replaceAll("snapshot-\\d+-\\d+", "snapshot"));
          assertThat(store.list()).isEmpty();
        });

    Snapshots.take(store, FIRST, Snapshots.random(10));

    assertThat(calls)
        .containsExactly(
            "create snapshot.tmp",
            "write snapshot.tmp",
            "write snapshot.tmp",
            "write snapshot.tmp",
            "force snapshot.tmp",
            "rename snapshot.tmp",
            "forceDirectory data");
    assertThat(store.list()).hasSize(1);
  }

  @Test
  void aFailedSyncMakesNoSnapshot() {
    SnapshotStore store = open(disk).snapshots();
    disk.inject(
        (number, path) -> {
          if (path.startsWith("force ")) {
            throw new IOException("Input/output error");
          }
        });

    assertThatThrownBy(() -> Snapshots.take(store, FIRST))
        .isInstanceOf(StorageException.IoFailure.class)
        .hasMessageContaining("sync failed at");

    assertThat(store.list()).isEmpty();
    assertThat(Snapshots.files(disk)).isEmpty();
  }

  @Test
  void anOlderDamagedSnapshotIsNotUsedAndGoesWhenItIsItsTurn() {
    SnapshotStore store = open(disk).snapshots();
    Snapshots.take(store, FIRST);
    Snapshots.take(store, SECOND);
    disk.bytes(Snapshots.file(FIRST))[3] ^= 1;

    SnapshotStore again = open(disk.afterKill()).snapshots();

    assertThat(again.list()).extracting(it -> it.point().position()).containsExactly(SECOND);
    SimulatedDisk cleaned = disk.afterKill();
    open(cleaned).snapshots().retain(2);
    assertThat(Snapshots.files(cleaned)).containsExactly(Snapshots.file(SECOND));
  }

  @Test
  void theNewestSnapshotMustVerify() {
    SnapshotStore store = open(disk).snapshots();
    Snapshots.take(store, FIRST);
    Snapshots.take(store, SECOND);
    byte[] bytes = disk.bytes(Snapshots.file(SECOND));
    bytes[bytes.length - 1] ^= 1;

    assertThatThrownBy(() -> open(disk.afterKill()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(Snapshots.file(SECOND).toString());
  }

  @Test
  void aSnapshotUnderAnothersNameOrOfAnotherClusterIsRefused() {
    Snapshots.take(open(disk).snapshots(), FIRST);
    SimulatedDisk renamed = disk.afterKill();
    renamed.put(Snapshots.file(SECOND), disk.content(Snapshots.file(FIRST)));
    SimulatedDisk foreign = new SimulatedDisk();
    open(foreign).close();
    byte[] other = new SnapshotHeader(1, Snapshots.point(FIRST), 0).encode();
    foreign.put(Snapshots.file(FIRST), withEnd(other));

    assertThatThrownBy(() -> open(renamed))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("this is the snapshot at");
    assertThatThrownBy(() -> open(foreign)).isInstanceOf(StorageException.ForeignIdentity.class);
  }

  /// A file without blocks.
  private static byte[] withEnd(byte[] header) {
    SimulatedDisk scratch = new SimulatedDisk();
    SnapshotHeader decoded = new SnapshotHeader(1, Snapshots.point(FIRST), 0);
    assertThat(decoded.encode()).isEqualTo(header);
    Path path = Path.of("scratch");
    try (SnapshotWriter writer =
        SnapshotWriter.begin(
            scratch,
            path,
            decoded,
            new Room(scratch, path, 0),
            false,
            (file, snapshot) -> snapshot)) {
      writer.finish();
    }
    return scratch.content(path);
  }
}
