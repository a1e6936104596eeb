package dengine.rocksdb;

import dengine.kv.ExpiryBudget;
import dengine.kv.KeyValueStore;
import dengine.kv.KeyValueStoreConformance;
import dengine.kv.Limits;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksStoreTest extends KeyValueStoreConformance {

  @TempDir Path directory;
  private int stores;

  /// Each attempt makes a database and syncs it.
  @Override
  protected int damageStride() {
    return 7;
  }

  /// With buffers so small that files are written all the time.
  @Override
  protected KeyValueStore create(Limits limits, ExpiryBudget budget) {
    return RocksStore.open(
        RocksOptions.of(directory.resolve("store" + stores++))
            .withLimits(limits)
            .withBlockCacheBytes(4 << 20)
            .withWriteBufferBytes(64 << 10),
        budget);
  }
}
