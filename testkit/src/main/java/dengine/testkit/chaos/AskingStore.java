package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.Client;
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
import java.util.function.Function;

/// A store whose requests all go to a client that [#ask] chooses.
interface AskingStore extends Store {

  /// Has a client carry out a request.
  <T> T ask(Function<Client, T> request);

  @Override
  default long put(Bytes key, Bytes value) {
    return ask(client -> client.put(key, value));
  }

  @Override
  default long delete(Bytes key) {
    return ask(client -> client.delete(key));
  }

  @Override
  default Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return ask(client -> client.compareAndSwap(key, expected, value));
  }

  @Override
  default Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
    return ask(client -> client.get(key, policy));
  }

  @Override
  default Values getMany(List<Bytes> keys) {
    return ask(client -> client.getMany(keys));
  }

  @Override
  default Page scan(Scan scan) {
    return ask(client -> client.scan(scan));
  }

  @Override
  default Watch watch(Bytes what, boolean prefix, WatchOptions options) {
    return ask(client -> prefix ? client.watchPrefix(what, options) : client.watch(what, options));
  }

  @Override
  default void close() {}
}
