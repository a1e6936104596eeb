package dengine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.StateMachine.View;
import dengine.kv.KvStore;
import dengine.kv.Snapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a store is after it was closed, killed, or interrupted while it took in a snapshot.
class RecoveryTest {

  @TempDir Path directory;

  static RocksOptions options(Path directory) {
    return RocksOptions.of(directory)
        .withBlockCacheBytes(4 << 20)
        .withWriteBufferBytes(RocksOptions.LEAST_BUFFER);
  }

  @Test
  void aStoreThatIsOpenedAgainIsWhereItWasClosed() {
    byte[] before;
    try (RocksStore store = open()) {
      History.applyUpTo(store, 3000);
      before = Snapshots.take(store);
    }

    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(3000);
      assertThat(Snapshots.take(store)).isEqualTo(before);
      assertThat(store.footprint().keys()).isEqualTo(History.upTo(3000).footprint().keys());
      History.applyUpTo(store, 4000);
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(History.upTo(4000)));
    }
  }

  /// Killed in a process of its own, where nothing can be closed.
  @ParameterizedTest
  @ValueSource(ints = {300, 1000, 3000})
  void aStoreThatWasKilledIsAsItWasAfterABatchAndGoesOnFromThere(int batches) throws Exception {
    long reached = killed("apply", batches);

    try (RocksStore store = open()) {
      long applied = store.appliedIndex();
      assertThat(applied).isPositive();
      assertThat(History.isEnd(applied)).as("batch ends at %s", applied).isTrue();
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(History.upTo(applied)));

      History.applyUpTo(store, applied + reached);
      KvStore reference = History.upTo(applied + reached);
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(reference));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 9})
  void aStoreThatWasKilledWhileItTookInSnapshotsHasOneOfThemWhole(int snapshots) throws Exception {
    long reached = killed("restore", snapshots);

    try (RocksStore store = open()) {
      long applied = store.appliedIndex();
      assertThat(applied).isGreaterThanOrEqualTo(reached);
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(History.upTo(applied)));
      assertThat(databases()).hasSize(1);
    }
  }

  /// The log may be cut off where a snapshot was taken: what came before must not need it.
  @Test
  void whatAViewWroteIsDurableBeforeTheSnapshotIsThere() throws Exception {
    Path image = directory.resolve("image");
    try (RocksStore store = open()) {
      // Far from full: nothing has gone into a file by itself.
      History.applyUpTo(store, 50);
      View view = store.view().orElseThrow();
      view.writeTo(new ByteArrayOutputStream());
      view.close();
      copy(directory.resolve("store"), image);
    }

    try (RocksStore store = RocksStore.open(options(image), History.BUDGET)) {
      assertThat(store.appliedIndex()).isEqualTo(50);
    }
  }

  @Test
  void aRestoredSnapshotIsDurableWhenTheCallReturns() throws Exception {
    Path image = directory.resolve("image");
    KvStore other = History.upTo(100);
    try (RocksStore store = open()) {
      History.applyUpTo(store, 50);
      Snapshots.restore(store, Snapshots.take(other), 100);
      copy(directory.resolve("store"), image);
      assertThat(databases()).hasSize(1);
    }

    try (RocksStore store = RocksStore.open(options(image), History.BUDGET)) {
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(other));
    }
  }

  @Test
  void aDatabaseThatWasNotChosenYetIsDeletedAndOneThatWasCounts() throws Exception {
    Path first = directory.resolve("store");
    Path second = directory.resolve("other");
    try (RocksStore store = open();
        RocksStore other = RocksStore.open(options(second), History.BUDGET)) {
      History.applyUpTo(store, 100);
      History.applyUpTo(other, 200);
    }
    copy(second.resolve("state-1"), first.resolve("state-2"));
    Files.writeString(first.resolve("STATE.tmp"), "dengine-ro");

    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(100);
      assertThat(databases()).containsExactly("state-1");
      assertThat(first.resolve("STATE.tmp")).doesNotExist();
    }

    copy(second.resolve("state-1"), first.resolve("state-2"));
    Files.writeString(first.resolve("STATE"), "dengine-rocksdb 1\nstate-2\n");
    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(200);
      assertThat(databases()).containsExactly("state-2");
    }
  }

  @Test
  void theOldDatabaseGoesWhenItsLastViewIsClosed() throws Exception {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 100);
      byte[] before = Snapshots.take(store);
      View view = store.view().orElseThrow();

      Snapshots.restore(store, Snapshots.take(History.upTo(500)), 500);

      assertThat(databases()).containsExactlyInAnyOrder("state-1", "state-2");
      assertThat(Snapshots.write(view)).isEqualTo(before);
      assertThat(databases()).containsExactly("state-2");
    }
  }

  @Test
  void snapshotsGoFromOneKindOfStoreToTheOtherAndBack() {
    KvStore memory = History.upTo(2000);
    try (RocksStore store = open()) {
      Snapshots.restore(store, Snapshots.take(memory), 2000);
      assertThat(store.stateHash()).isEqualTo(memory.stateHash());
      History.applyUpTo(store, 3000);

      KvStore back = new KvStore();
      Snapshots.restore(back, Snapshots.take(store), 3000);

      assertThat(back.stateHash()).isEqualTo(History.upTo(3000).stateHash());
      assertThat(Snapshots.take(back)).isEqualTo(Snapshots.take(store));
    }
  }

  @Test
  void aSnapshotThatIsRefusedLeavesNoDatabaseBehind() throws Exception {
    byte[] snapshot = Snapshots.take(History.upTo(500));
    snapshot[snapshot.length - 1]++;
    try (RocksStore store = open()) {
      assertThatThrownBy(() -> Snapshots.restore(store, snapshot, 500))
          .hasMessageContaining("digest");
      assertThat(databases()).containsExactly("state-1");
    }
  }

  private RocksStore open() {
    return RocksStore.open(options(directory.resolve("store")), History.BUDGET);
  }

  private List<String> databases() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("store"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("state-"))
          .toList();
    }
  }

  /// Has a process work on the store until it has done so many rounds, and kills it.
  ///
  /// @return the revision it had then
  private long killed(String what, int rounds) throws Exception {
    Process victim =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                VictimMain.class.getName(),
                directory.resolve("store").toString(),
                what,
                Integer.toString(rounds))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String line = victim.inputReader().readLine();
      assertThat(line).as("what the process said").isNotNull();
      return Long.parseLong(line);
    } finally {
      victim.destroyForcibly();
      assertThat(victim.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals("LOCK")) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      }
    }
  }
}
