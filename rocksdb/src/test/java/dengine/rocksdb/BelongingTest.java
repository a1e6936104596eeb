package dengine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StateMachine.View;
import dengine.engine.spi.StorageException;
import dengine.kv.Command;
import dengine.kv.Snapshots;
import dengine.kv.TestBatch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/// Whose state a store has, of which entry, and who may use its directory.
class BelongingTest {

  private static final Identity NODE = new Identity(0xc1, 2);
  private static final long INCARNATION = 77;

  @TempDir Path parent;

  @Test
  void aStoreKeepsTermAndTimeOfTheLastEntryWithItsIndex() throws Exception {
    try (RocksStore store = open()) {
      assertThat(store.appliedTerm()).isZero();
      History.applyUpTo(store, 10);
      assertThat(store.appliedTerm()).isEqualTo(1);
      assertThat(store.appliedTime()).isEqualTo(TestBatch.timeOf(10));
      byte[] snapshot = Snapshots.take(History.upTo(20));
      store.restore(new ByteArrayInputStream(snapshot), 20, 6, TestBatch.timeOf(20));
      assertThat(store.appliedTerm()).isEqualTo(6);
    }

    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(20);
      assertThat(store.appliedTerm()).isEqualTo(6);
      assertThat(store.appliedTime()).isEqualTo(TestBatch.timeOf(20));
    }
  }

  @Test
  void aStateBelongsToTheNodeAndDataDirectoryItWasAppliedFor() {
    try (RocksStore store = open()) {
      assertThat(store.belongsTo(NODE, INCARNATION)).as("an empty one is anybody's").isTrue();
      History.applyUpTo(store, 10);
    }

    try (RocksStore store = open()) {
      assertThat(store.belongsTo(NODE, INCARNATION)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"0xc2, 2, 77", "0xc1, 3, 77", "0xc1, 2, 78"})
  void aStateDoesNotBelongToAnotherClusterNodeOrDataDirectory(
      String cluster, int node, long incarnation) {
    try (RocksStore store = open()) {
      store.belongsTo(NODE, INCARNATION);
      History.applyUpTo(store, 10);
    }

    try (RocksStore store = open()) {
      Identity other = new Identity(Long.decode(cluster), node);
      assertThat(store.belongsTo(other, incarnation)).isFalse();
    }
  }

  @Test
  void aRestoredStateBelongsToWhoRestoredIt() {
    byte[] snapshot = Snapshots.take(History.upTo(20));
    try (RocksStore store = open()) {
      store.belongsTo(NODE, INCARNATION);
      Snapshots.restore(store, snapshot, 20);
    }

    try (RocksStore store = open()) {
      assertThat(store.belongsTo(NODE, INCARNATION)).isTrue();
    }
  }

  /// The first format said neither owner nor term: nothing vouches for such a state.
  @Test
  void aStateOfTheFirstFormatIsReadAndBelongsToNobody() throws Exception {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 10);
    }
    byte[] first =
        ByteBuffer.allocate(33).put((byte) 1).putLong(10).putLong(5).putLong(3).putLong(9).array();
    try (Options options = new Options();
        RocksDB database = RocksDB.open(options, directory().resolve("state-1").toString())) {
      database.put(Applied.KEY, first);
    }

    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(10);
      assertThat(store.appliedTerm()).isZero();
      assertThat(store.belongsTo(NODE, INCARNATION)).isFalse();
    }
  }

  /// The second format had the deadlines in another order, which nobody reads any more.
  @Test
  void aStateOfTheSecondFormatBelongsToNobody() throws Exception {
    try (RocksStore store = open()) {
      store.belongsTo(NODE, INCARNATION);
      History.applyUpTo(store, 10);
    }
    try (Options options = new Options();
        RocksDB database = RocksDB.open(options, directory().resolve("state-1").toString())) {
      byte[] second = database.get(Applied.KEY);
      second[0] = 2;
      database.put(Applied.KEY, second);
      byte[] deadline = ByteBuffer.allocate(10).put((byte) 2).putLong(5).put((byte) 'k').array();
      database.put(deadline, new byte[0]);
    }

    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isEqualTo(10);
      assertThat(store.belongsTo(NODE, INCARNATION)).isFalse();
    }
  }

  @Test
  void aDiscardedStateIsGoneForGoodAndTheStoreBeginsAgain() throws Exception {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 100);
      View view = store.view().orElseThrow();
      byte[] before = Snapshots.take(store);

      assertThat(store.discard()).isTrue();

      assertThat(store.appliedIndex()).isZero();
      assertThat(store.appliedTerm()).isZero();
      assertThat(store.footprint().keys()).isZero();
      assertThat(Snapshots.write(view)).as("a view that was open stays").isEqualTo(before);
      assertThat(databases()).containsExactly("state-2");
    }
    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isZero();
      History.applyUpTo(store, 50);
      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(History.upTo(50)));
    }
  }

  @Test
  void aDiscardedStateGivesWayToAnOlderSnapshot() {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 100);
      store.discard();

      Snapshots.restore(store, Snapshots.take(History.upTo(60)), 60);

      assertThat(Snapshots.take(store)).isEqualTo(Snapshots.take(History.upTo(60)));
    }
  }

  @Test
  void aDirectoryInUseIsRefusedByName() {
    try (RocksStore store = open()) {
      History.applyUpTo(store, 10);

      assertThatThrownBy(this::open)
          .isInstanceOf(StorageException.Locked.class)
          .hasMessageContaining(directory().toString());
      assertThat(store.revision()).isEqualTo(10);
    }
    open().close();
  }

  @Test
  void aRefusedSecondStoreDoesNotOpenTheDoorForOtherProcesses() throws Exception {
    try (RocksStore store = open()) {
      TestBatch.apply(store, new Command.Put(Bytes.of("key"), Bytes.of("value")));
      assertThatThrownBy(this::open).isInstanceOf(StorageException.Locked.class);

      assertThat(lockedByAnotherProcess()).isEqualTo("refused");
    }
    assertThat(lockedByAnotherProcess()).isEqualTo("locked");
  }

  private Path directory() {
    return parent.resolve("store");
  }

  private RocksStore open() {
    return RocksStore.open(RecoveryTest.options(directory()), History.BUDGET);
  }

  private List<String> databases() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("state-"))
          .toList();
    }
  }

  /// Starts another virtual machine that tries to take the lock.
  private String lockedByAnotherProcess() throws Exception {
    Path source = Files.writeString(parent.resolve("TryLock.java"), TRY_LOCK);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                source.toString(),
                directory().resolve("LOCK").toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.strip();
  }

  private static final String TRY_LOCK =
      """
      public class TryLock {
        public static void main(String[] args) throws Exception {
          var channel = java.nio.channels.FileChannel.open(
              java.nio.file.Path.of(args[0]), java.nio.file.StandardOpenOption.WRITE);
          System.out.println(channel.tryLock() == null ? "refused" : "locked");
        }
      }
      """;
}
