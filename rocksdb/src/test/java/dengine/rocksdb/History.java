package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.kv.Command;
import dengine.kv.ExpiryBudget;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.kv.Limits;
import dengine.kv.TestBatch;
import java.util.Arrays;
import java.util.Optional;

/// A log without end that is always the same, in batches that always begin and end at the same
/// places.
final class History {

  /// So small that there are nearly always keys that should have gone.
  static final ExpiryBudget BUDGET = new ExpiryBudget(1, 0, 1);

  private static final int LARGEST_BATCH = 5;

  private History() {}

  /// Applies the next batch.
  static void applyNext(KeyValueStore store) {
    long next = store.revision() + 1;
    TestBatch batch = new TestBatch(next);
    for (long index = next; ; index++) {
      batch.add(index % 29 == 0 ? new byte[0] : command(index).encode());
      if (isEnd(index)) {
        break;
      }
    }
    store.apply(batch);
  }

  /// Applies batch after batch until this index is reached, or passed.
  static void applyUpTo(KeyValueStore store, long index) {
    while (store.revision() < index) {
      applyNext(store);
    }
  }

  /// What a store is that has applied everything up to here.
  static KvStore upTo(long index) {
    KvStore store = new KvStore(Limits.DEFAULT, BUDGET);
    applyUpTo(store, index);
    return store;
  }

  /// Whether a batch ends with this entry.
  static boolean isEnd(long index) {
    return index % LARGEST_BATCH == 0 || index % 7 == 3;
  }

  private static Command command(long index) {
    Bytes key = Bytes.of("key" + index * 7919 % 500);
    byte[] value = new byte[(int) (index * 31 % 800)];
    Arrays.fill(value, (byte) index);
    return switch ((int) (index % 11)) {
      case 3, 6 -> new Command.Delete(key);
      case 1, 5, 8, 9 -> new Command.Put(key, Bytes.wrap(value), 1 + index % 60);
      case 7 -> new Command.CompareAndSwap(key, Optional.empty(), Bytes.wrap(value));
      default -> new Command.Put(key, Bytes.wrap(value));
    };
  }
}
