package dengine.api;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The key-value store, not blocking: the names and meanings of [Client], each answer a future that
/// ends with the result or exceptionally with the exception the blocking call would throw, within
/// the client's deadline. Futures complete on the engine's threads: what follows with `thenApply`
/// must not block.
public interface AsyncClient {

  /// See [Client#put(Bytes, Bytes)].
  CompletableFuture<Long> put(Bytes key, Bytes value);

  /// See [Client#put(Bytes, Bytes, Duration)].
  CompletableFuture<Long> put(Bytes key, Bytes value, Duration ttl);

  /// See [Client#put(String, String)].
  default CompletableFuture<Long> put(String key, String value) {
    return put(Bytes.of(key), Bytes.of(value));
  }

  /// See [Client#delete(Bytes)].
  CompletableFuture<Long> delete(Bytes key);

  /// See [Client#compareAndSwap(Bytes, Optional, Bytes)].
  CompletableFuture<Swap> compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value);

  /// See [Client#compareAndSwap(Bytes, Optional, Bytes, Duration)].
  CompletableFuture<Swap> compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl);

  /// See [Client#get(Bytes)].
  default CompletableFuture<Optional<KeyValue>> get(Bytes key) {
    return get(key, ReadPolicy.LINEARIZABLE);
  }

  /// See [Client#get(Bytes, ReadPolicy)].
  CompletableFuture<Optional<KeyValue>> get(Bytes key, ReadPolicy policy);

  /// See [Client#getMany(List, ReadPolicy)].
  CompletableFuture<Values> getMany(List<Bytes> keys, ReadPolicy policy);

  /// See [Client#scan].
  CompletableFuture<Page> scan(Scan scan);

  /// See [Client#watch(Bytes, WatchOptions)]; the future completes when the watch has begun. Take
  /// its events with [Watch#listen] or [Watch#publisher].
  CompletableFuture<Watch> watch(Bytes key, WatchOptions options);

  /// See [Client#watchPrefix(Bytes, WatchOptions)] and [#watch(Bytes, WatchOptions)].
  CompletableFuture<Watch> watchPrefix(Bytes prefix, WatchOptions options);

  /// See [Client#members].
  CompletableFuture<List<Member>> members();

  /// See [Client#leader].
  CompletableFuture<Optional<Leader>> leader();
}
