package dengine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.engine.spi.StorageException;
import dengine.kv.Command;
import dengine.kv.ExpiryBudget;
import dengine.kv.TestBatch;
import dengine.kv.watch.ChangeRecorder;
import dengine.rocksdb.DeadlineIndex.Due;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.PerfLevel;

/// What times to live cost in the database.
class DeadlineIndexTest {

  private static final int KEYS = 500;

  @TempDir Path directory;
  private Database database;
  private Applied applied = Applied.NOTHING;
  private Due next = Due.NEVER;

  @BeforeEach
  void open() {
    database = Database.open(directory.resolve("database"), RocksOptions.of(directory));
    database.db.setPerfLevel(PerfLevel.ENABLE_COUNT);
  }

  @AfterEach
  void close() {
    database.db.setPerfLevel(PerfLevel.DISABLE);
    database.release();
  }

  /// A deleted entry is in the database until files are merged, and stepping over it takes as long
  /// as over one that is there.
  @Test
  void whatRenewedKeysLeaveBehindIsSteppedOverOnce() {
    database.db.getPerfContext().reset();
    for (int round = 0; round < 10; round++) {
      for (int key = 0; key < KEYS; key++) {
        put(key, 100_000);
      }
    }

    assertThat(database.db.getPerfContext().getInternalDeleteSkippedCount())
        .isBetween(1L, 10L * KEYS);
    assertThat(next.deadline()).isEqualTo(TestBatch.timeOf(9 * KEYS + 1) + 100_000);
  }

  @Test
  void keysThatStayCostNothing() {
    put(1, 100_000);
    database.db.getPerfContext().reset();
    for (int key = 2; key < KEYS; key++) {
      put(key, 0);
    }

    assertThat(database.db.getPerfContext().getSeekOnMemtableCount())
        .as("searches for deadlines")
        .isZero();
  }

  @Test
  void anEntryThatIsNoneIsRefused() throws Exception {
    database.db.put(new byte[] {2, 9, 9}, DeadlineIndex.NOTHING);

    assertThatThrownBy(() -> DeadlineIndex.first(database, Due.FIRST))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("a deadline's key of 3 bytes, 17 is right")
        .hasMessageContaining(directory.toString());
  }

  @Test
  void whatComesBehindTheDeadlinesIsNone() throws Exception {
    database.db.put(new byte[] {3}, DeadlineIndex.NOTHING);

    assertThat(DeadlineIndex.first(database, Due.FIRST)).isEqualTo(Due.NEVER);
  }

  private void put(int key, long ttl) {
    TestBatch batch = new TestBatch(applied.revision() + 1);
    batch.add(new Command.Put(Bytes.of("k" + key), Bytes.EMPTY, ttl).encode());
    BatchWriter writer =
        new BatchWriter(
            database,
            Applied.Owner.NOBODY,
            applied,
            next,
            ExpiryBudget.DEFAULT,
            ChangeRecorder.NOBODY);
    applied = writer.apply(batch);
    next = writer.next();
  }
}
