package dengine.storage;

import static dengine.storage.Workload.DIRECTORY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Receiving;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.storage.Snapshots.Offered;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Snapshots that come from elsewhere, piece by piece.
class SnapshotTransferTest {

  private static final Position FIRST = new Position(5, 1);
  private static final Position SECOND = new Position(9, 2);

  private final SimulatedDisk disk = new SimulatedDisk();

  private static FileStorageEngine open(SimulatedDisk on) {
    return Changes.open(DIRECTORY, Workload.options(on));
  }

  @Test
  void aTransferGoesOnAfterAKillAndAfterAPowerCut() {
    byte[] content = Snapshots.random(PartialSnapshot.SYNC_STEP_BYTES + 1_000_000);
    Offered offered = Snapshots.offered(FIRST, content);
    Receiving receiving = open(disk).snapshots().receive(offered.snapshot());
    while (receiving.received() < PartialSnapshot.SYNC_STEP_BYTES + 500_000) {
      Snapshots.send(receiving, offered, 100_000);
    }

    SimulatedDisk killed = disk.afterKill();
    SimulatedDisk cut = disk.afterPowerCut(_ -> 0);

    long piece = 100_000;
    for (SimulatedDisk left : List.of(killed, cut)) {
      SnapshotStore store = open(left).snapshots();
      Receiving again = store.receive(offered.snapshot());
      long durable =
          left == cut ? PartialSnapshot.SYNC_STEP_BYTES - piece : receiving.received() - piece;
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
      assertThat(Snapshots.files(left)).containsExactly(Snapshots.file(FIRST));
    }
  }

  /// Rule S1: to the kernel, what a failed sync was for is clean, and no later sync writes it.
  @Test
  void whatCouldNotBeSyncedAndNotBeDeletedIsWrittenAgain() {
    byte[] content = Snapshots.random(10_000);
    Offered offered = Snapshots.offered(FIRST, content);
    SnapshotStore store = open(disk).snapshots();
    Receiving receiving = store.receive(offered.snapshot());
    Snapshots.send(receiving, offered, content.length * 2);
    disk.inject(
        (call, path) -> {
          throw new IOException("told to fail");
        });
    assertThatThrownBy(receiving::finish).isInstanceOf(StorageException.class);
    disk.inject(SimulatedDisk.Faults.NONE);

    Receiving again = store.receive(offered.snapshot());
    if (again.received() < offered.file().length) {
      Snapshots.send(again, offered, content.length * 2);
    }
    assertThat(again.finish()).isEqualTo(offered.snapshot());

    SnapshotStore left = open(disk.afterPowerCut(_ -> 0)).snapshots();
    assertThat(Snapshots.read(left, FIRST)).isEqualTo(content);
  }

  @Test
  void onlyOneTransferIsKept() {
    SnapshotStore store = open(disk).snapshots();
    Offered first = Snapshots.offered(FIRST, Snapshots.random(200_000));
    Offered second = Snapshots.offered(FIRST, Snapshots.random(200_001));
    Receiving one = store.receive(first.snapshot());
    Snapshots.send(one, first, 150_000);
    one.close();

    Receiving other = store.receive(second.snapshot());

    assertThat(other.received()).isZero();
    assertThat(Snapshots.files(disk)).hasSize(1);
    Snapshots.send(other, second, 150_000);
    other.close();
    assertThat(open(disk.afterKill()).snapshots().receive(second.snapshot()).received())
        .isGreaterThan(100_000);
  }

  @Test
  void aPieceThatDoesNotFollowIsRefused() {
    Offered offered = Snapshots.offered(FIRST, Snapshots.random(1000));
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
    Offered offered = Snapshots.offered(FIRST, Snapshots.random(1000));
    byte[] rotten = offered.file().clone();
    rotten[500] ^= 1;
    byte[] elsewhere = Snapshots.offered(new Position(6, 1), Snapshots.random(1000)).file();
    for (byte[] bytes : List.of(rotten, elsewhere)) {
      Receiving receiving = store.receive(offered.snapshot());
      receiving.write(0, bytes);

      assertThatThrownBy(receiving::finish)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining(".part");

      assertThat(Snapshots.files(disk)).isEmpty();
      assertThat(store.list()).isEmpty();
    }
  }

  @Test
  void withoutRoomNothingIsWritten() {
    SnapshotStore store = open(disk).snapshots();
    Offered offered = Snapshots.offered(FIRST, Snapshots.random(100_000));
    long used = disk.files().stream().mapToLong(it -> disk.content(it).length).sum();
    long needed = (long) offered.file().length + Changes.SMALL.segmentBytes();
    disk.limitTo(used + needed - 1);

    assertThatThrownBy(() -> store.receive(offered.snapshot()))
        .isInstanceOf(StorageException.DiskFull.class)
        .hasMessageContaining("no space left for " + needed + " bytes");

    assertThat(Snapshots.files(disk)).isEmpty();
    disk.limitTo(used + needed);
    Receiving receiving = store.receive(offered.snapshot());
    Snapshots.send(receiving, offered, 99_000);
    receiving.close();
    // What is there already needs no room once more.
    assertThat(store.receive(offered.snapshot()).received()).isGreaterThan(60_000);
  }

  @Test
  void aTransferThatAFinishedSnapshotMadeNeedlessIsDeleted() {
    SnapshotStore store = open(disk).snapshots();
    Offered offered = Snapshots.offered(FIRST, Snapshots.random(1000));
    Receiving receiving = store.receive(offered.snapshot());
    Snapshots.send(receiving, offered, 500);
    receiving.close();
    Snapshots.take(store, SECOND);

    SimulatedDisk restarted = disk.afterKill();
    open(restarted).close();

    assertThat(Snapshots.files(restarted)).containsExactly(Snapshots.file(SECOND));
  }

  @Test
  void aFailedWriteOrSyncEndsTheTransferAndLeavesNothing() {
    for (String call : List.of("write", "force")) {
      SimulatedDisk failing = new SimulatedDisk();
      SnapshotStore broken = open(failing).snapshots();
      Offered offered = Snapshots.offered(FIRST, Snapshots.random(10_000));
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
      assertThat(Snapshots.files(failing)).isEmpty();
      assertThat(broken.receive(offered.snapshot()).received()).isZero();
    }
  }
}
