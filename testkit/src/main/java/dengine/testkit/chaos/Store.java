package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import java.util.List;
import java.util.Optional;

/// What a client of the workload may ask: the part of [dengine.api.Client] that histories know.
/// Calls fail as those of [dengine.api.Client] do.
interface Store extends AutoCloseable {

  long put(Bytes key, Bytes value);

  long delete(Bytes key);

  Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value);

  Optional<KeyValue> get(Bytes key, ReadPolicy policy);

  Values getMany(List<Bytes> keys);

  Page scan(Scan scan);

  /// Watches a key, or all keys below a prefix. Not every store can.
  default Watch watch(Bytes what, boolean prefix, WatchOptions options) {
    throw new UnsupportedOperationException("this store cannot be watched");
  }

  @Override
  void close();
}
