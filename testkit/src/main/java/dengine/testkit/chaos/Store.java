package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
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

  @Override
  void close();
}
