package dengine.client;

import com.google.protobuf.ByteString;
import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.TimeToLive;
import dengine.api.Values;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import dengine.proto.v1.WatchKeysRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/// The client without blocking.
///
/// @param dispatcher shared by all forms of one client
/// @param watchers shared as well
/// @param deadline of each call
record AsyncGrpcClient(Dispatcher dispatcher, Watchers watchers, Duration deadline)
    implements AsyncClient {

  private <T> CompletableFuture<T> submit(Operation<T> operation) {
    return dispatcher.submit(operation, deadline);
  }

  private <T> CompletableFuture<T> mortal(Duration ttl, LongFunction<Operation<T>> operation) {
    long millis;
    try {
      millis = TimeToLive.millis(ttl);
    } catch (InvalidRequestException invalid) {
      return CompletableFuture.failedFuture(invalid);
    }
    return submit(operation.apply(millis));
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value) {
    return submit(Operations.put(key, value, 0));
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value, Duration ttl) {
    return mortal(ttl, millis -> Operations.put(key, value, millis));
  }

  @Override
  public CompletableFuture<Long> delete(Bytes key) {
    return submit(Operations.delete(key));
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return submit(Operations.compareAndSwap(key, expected, value, 0));
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    return mortal(ttl, millis -> Operations.compareAndSwap(key, expected, value, millis));
  }

  @Override
  public CompletableFuture<Optional<KeyValue>> get(Bytes key, ReadPolicy policy) {
    return submit(Operations.get(key, policy));
  }

  @Override
  public CompletableFuture<Values> getMany(List<Bytes> keys, ReadPolicy policy) {
    return submit(Operations.getMany(keys, policy));
  }

  @Override
  public CompletableFuture<Page> scan(Scan scan) {
    return submit(Operations.scan(scan));
  }

  @Override
  public CompletableFuture<Watch> watch(Bytes key, WatchOptions options) {
    return watch(key, false, options);
  }

  @Override
  public CompletableFuture<Watch> watchPrefix(Bytes prefix, WatchOptions options) {
    return watch(prefix, true, options);
  }

  private CompletableFuture<Watch> watch(Bytes key, boolean prefix, WatchOptions options) {
    WatchKeysRequest what =
        WatchKeysRequest.newBuilder()
            .setKey(ByteString.copyFrom(key.unsafeArray()))
            .setPrefix(prefix)
            .build();
    return watchers.watch(what, options, deadline);
  }

  @Override
  public CompletableFuture<List<Member>> members() {
    return submit(Operations.members());
  }

  @Override
  public CompletableFuture<Optional<Leader>> leader() {
    return submit(Operations.leader());
  }
}
