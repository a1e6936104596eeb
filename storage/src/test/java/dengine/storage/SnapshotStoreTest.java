package dengine.storage;

import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Reading;
import dengine.engine.spi.SnapshotStore.Receiving;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.SnapshotStore.Writing;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.storage.Snapshots.Offered;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
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

  private static byte[] random(int bytes) {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return content;
  }

  private static Path file(Position position) {
    return DIRECTORY.resolve(SnapshotNames.finished(position));
  }

  private static List<Path> snapshotFiles(SimulatedDisk on) {
    return on.files().stream()
        .filter(it -> String.valueOf(it.getFileName()).startsWith("snapshot"))
        .toList();
  }

  @Test
  void whatWasWrittenIsReadAtOnceAndAfterARestart() {
    for (int bytes : new int[] {0, 1, 65_535, 65_536, 65_537, 300_000}) {
      SimulatedDisk fresh = new SimulatedDisk();
      byte[] content = random(bytes);

      Snapshot taken = Snapshots.take(open(fresh).snapshots(), FIRST, content);

      SnapshotStore again = open(fresh.afterPowerCut(_ -> 0)).snapshots();
      assertThat(again.list()).containsExactly(taken);
      assertThat(again.latest()).contains(taken);
      assertThat(taken.point()).isEqualTo(Snapshots.point(FIRST));
      assertThat(taken.createdMillis()).isEqualTo(NOW);
      assertThat(taken.bytes()).isEqualTo(fresh.bytes(file(FIRST)).length);
      assertThat(Snapshots.read(again, FIRST)).isEqualTo(content);
    }
  }

  @Test
  void theSameContentHasTheSameFingerprintAndAnotherHasAnother() {
    SnapshotStore store = open(disk).snapshots();
    Snapshot one = Snapshots.take(store, FIRST, random(5000));
    Snapshot same = Snapshots.take(open(new SimulatedDisk()).snapshots(), FIRST, random(5000));
    byte[] changed = random(5000);
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
      writing.stream().write(random(100_000));

      assertThat(store.list()).isEmpty();
      assertThat(open(disk.afterKill()).snapshots().list()).isEmpty();
    }

    assertThat(snapshotFiles(disk)).isEmpty();
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
      assertThat(snapshotFiles(disk)).containsExactly(file(SECOND));
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
    Snapshot taken = Snapshots.take(store, FIRST, random(1000));
    byte[] whole = disk.content(file(FIRST));
    try (Reading reading = store.open(FIRST)) {
      assertThat(reading.snapshot()).isEqualTo(taken);
      assertThat(reading.read(0, 10)).hasSize(10).isEqualTo(Arrays.copyOf(whole, 10));
      assertThat(reading.read(taken.bytes() - 3, 10)).hasSize(3).endsWith(whole[whole.length - 1]);
      assertThat(reading.read(taken.bytes() + 5, 10)).isEmpty();
      assertThatThrownBy(() -> reading.read(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aTransferGoesOnAfterAKillAndAfterAPowerCut() {
    byte[] content = random(SnapshotWriter.SYNC_STEP_BYTES + 1_000_000);
    Offered offered = Snapshots.offered(FIRST, content);
    Receiving receiving = open(disk).snapshots().receive(offered.snapshot());
    while (receiving.received() < SnapshotWriter.SYNC_STEP_BYTES + 500_000) {
      Snapshots.send(receiving, offered, 100_000);
    }

    SimulatedDisk killed = disk.afterKill();
    SimulatedDisk cut = disk.afterPowerCut(_ -> 0);

    long piece = 100_000;
    for (SimulatedDisk left : List.of(killed, cut)) {
      SnapshotStore store = open(left).snapshots();
      Receiving again = store.receive(offered.snapshot());
      long durable =
          left == cut ? SnapshotWriter.SYNC_STEP_BYTES - piece : receiving.received() - piece;
      assertThat(again.received()).isBetween(durable, receiving.received());
      // What was found is durable when it is reported.
      long found =
          open(left.afterPowerCut(_ -> 0)).snapshots().receive(offered.snapshot()).received();
      assertThat(found).isEqualTo(again.received());
      while (again.received() < offered.file().length) {
        Snapshots.send(again, offered, 300_000);
      }
      assertThat(again.finish()).isEqualTo(offered.snapshot());
      assertThat(Snapshots.read(store, FIRST)).isEqualTo(content);
      assertThat(snapshotFiles(left)).containsExactly(file(FIRST));
    }
  }

  @Test
  void onlyOneTransferIsKept() {
    SnapshotStore store = open(disk).snapshots();
    Offered first = Snapshots.offered(FIRST, random(200_000));
    Offered second = Snapshots.offered(FIRST, random(200_001));
    Receiving one = store.receive(first.snapshot());
    Snapshots.send(one, first, 150_000);
    one.close();

    Receiving other = store.receive(second.snapshot());

    assertThat(other.received()).isZero();
    assertThat(snapshotFiles(disk)).hasSize(1);
    Snapshots.send(other, second, 150_000);
    other.close();
    assertThat(open(disk.afterKill()).snapshots().receive(second.snapshot()).received())
        .isGreaterThan(100_000);
  }

  @Test
  void aPieceThatDoesNotFollowIsRefused() {
    Offered offered = Snapshots.offered(FIRST, random(1000));
    try (Receiving receiving = open(disk).snapshots().receive(offered.snapshot())) {
      assertThatThrownBy(() -> receiving.write(1, new byte[1]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> receiving.write(0, new byte[offered.file().length + 1]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(receiving::finish).isInstanceOf(IllegalStateException.class);
      assertThat(receiving.received()).isZero();
    }
  }

  @Test
  void whatIsNotWhatWasOfferedIsDeleted() {
    SnapshotStore store = open(disk).snapshots();
    Offered offered = Snapshots.offered(FIRST, random(1000));
    byte[] rotten = offered.file().clone();
    rotten[500] ^= 1;
    byte[] elsewhere = Snapshots.offered(new Position(6, 1), random(1000)).file();
    for (byte[] bytes : List.of(rotten, elsewhere)) {
      Receiving receiving = store.receive(offered.snapshot());
      receiving.write(0, bytes);

      assertThatThrownBy(receiving::finish)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining(".part");

      assertThat(snapshotFiles(disk)).isEmpty();
      assertThat(store.list()).isEmpty();
    }
  }

  @Test
  void withoutRoomNothingIsWritten() {
    SnapshotStore store = open(disk).snapshots();
    Offered offered = Snapshots.offered(FIRST, random(100_000));
    long used = disk.files().stream().mapToLong(it -> disk.content(it).length).sum();
    long needed = (long) offered.file().length + Changes.SMALL.segmentBytes();
    disk.limitTo(used + needed - 1);

    assertThatThrownBy(() -> store.receive(offered.snapshot()))
        .isInstanceOf(StorageException.DiskFull.class)
        .hasMessageContaining("no space left for " + needed + " bytes");

    assertThat(snapshotFiles(disk)).isEmpty();
    disk.limitTo(used + needed);
    Receiving receiving = store.receive(offered.snapshot());
    Snapshots.send(receiving, offered, 99_000);
    receiving.close();
    // What is there already needs no room once more.
    assertThat(store.receive(offered.snapshot()).received()).isGreaterThan(60_000);
  }

  @Test
  void aFailedWriteOrSyncEndsTheTransferAndLeavesNothing() {
    for (String call : List.of("write", "force")) {
      SimulatedDisk failing = new SimulatedDisk();
      SnapshotStore broken = open(failing).snapshots();
      Offered offered = Snapshots.offered(FIRST, random(10_000));
      Receiving receiving = broken.receive(offered.snapshot());
      Snapshots.send(receiving, offered, 4000);
      failing.inject(
          (number, path) -> {
            if (path.startsWith(call)) {
              throw new IOException("Input/output error");
            }
          });

      assertThatThrownBy(
              () -> {
                Snapshots.send(receiving, offered, 1 << 20);
                receiving.finish();
              })
          .isInstanceOf(StorageException.IoFailure.class);

      failing.inject(SimulatedDisk.Faults.NONE);
      assertThat(snapshotFiles(failing)).isEmpty();
      assertThat(broken.receive(offered.snapshot()).received()).isZero();
    }
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
    assertThat(snapshotFiles(disk)).isEmpty();
  }

  @Test
  void anOlderDamagedSnapshotIsNotUsedAndGoesWhenItIsItsTurn() {
    SnapshotStore store = open(disk).snapshots();
    Snapshots.take(store, FIRST);
    Snapshots.take(store, SECOND);
    disk.bytes(file(FIRST))[3] ^= 1;

    SnapshotStore again = open(disk.afterKill()).snapshots();

    assertThat(again.list()).extracting(it -> it.point().position()).containsExactly(SECOND);
    SimulatedDisk cleaned = disk.afterKill();
    open(cleaned).snapshots().retain(2);
    assertThat(snapshotFiles(cleaned)).containsExactly(file(SECOND));
  }

  @Test
  void theNewestSnapshotMustVerify() {
    SnapshotStore store = open(disk).snapshots();
    Snapshots.take(store, FIRST);
    Snapshots.take(store, SECOND);
    byte[] bytes = disk.bytes(file(SECOND));
    bytes[bytes.length - 1] ^= 1;

    assertThatThrownBy(() -> open(disk.afterKill()))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining(file(SECOND).toString());
  }

  @Test
  void aSnapshotUnderAnothersNameOrOfAnotherClusterIsRefused() {
    Snapshots.take(open(disk).snapshots(), FIRST);
    SimulatedDisk renamed = disk.afterKill();
    renamed.put(file(SECOND), disk.content(file(FIRST)));
    SimulatedDisk foreign = new SimulatedDisk();
    open(foreign).close();
    byte[] other = new SnapshotHeader(1, Snapshots.point(FIRST), 0).encode();
    foreign.put(file(FIRST), withEnd(other));

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
        SnapshotWriter.begin(scratch, path, decoded, (file, snapshot) -> snapshot)) {
      writer.finish();
    }
    return scratch.content(path);
  }
}
