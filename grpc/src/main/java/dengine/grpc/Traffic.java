package dengine.grpc;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;

/// Counts what clients ask for over the network, and how long their writes take. Any thread.
final class Traffic {

  private final LongAdder requests = new LongAdder();
  private final LongAdder writes = new LongAdder();
  private final LongAdder writeNanos = new LongAdder();

  /// The same client, counted.
  AsyncClient through(AsyncClient client) {
    return new Counted(client);
  }

  ServiceActivity activity(int watches) {
    return new ServiceActivity(requests.sum(), writes.sum(), writeNanos.sum(), watches);
  }

  private final class Counted implements AsyncClient {

    private final AsyncClient client;

    Counted(AsyncClient client) {
      this.client = client;
    }

    // What is returned is the client's own future: one that follows it would wrap its failure.
    private <T> CompletableFuture<T> write(long began, CompletableFuture<T> write) {
      requests.increment();
      CompletableFuture<T> _ =
          write.whenComplete(
              (_, failure) -> {
                if (failure == null) {
                  writes.increment();
                  writeNanos.add(System.nanoTime() - began);
                }
              });
      return write;
    }

    private <T> CompletableFuture<T> read(CompletableFuture<T> read) {
      requests.increment();
      return read;
    }

    @Override
    public CompletableFuture<Long> put(Bytes key, Bytes value) {
      return write(System.nanoTime(), client.put(key, value));
    }

    @Override
    public CompletableFuture<Long> put(Bytes key, Bytes value, Duration ttl) {
      return write(System.nanoTime(), client.put(key, value, ttl));
    }

    @Override
    public CompletableFuture<Long> delete(Bytes key) {
      return write(System.nanoTime(), client.delete(key));
    }

    @Override
    public CompletableFuture<Swap> compareAndSwap(
        Bytes key, Optional<Bytes> expected, Bytes value) {
      return write(System.nanoTime(), client.compareAndSwap(key, expected, value));
    }

    @Override
    public CompletableFuture<Swap> compareAndSwap(
        Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
      return write(System.nanoTime(), client.compareAndSwap(key, expected, value, ttl));
    }

    @Override
    public CompletableFuture<Optional<KeyValue>> get(Bytes key, ReadPolicy policy) {
      return read(client.get(key, policy));
    }

    @Override
    public CompletableFuture<Values> getMany(List<Bytes> keys, ReadPolicy policy) {
      return read(client.getMany(keys, policy));
    }

    @Override
    public CompletableFuture<Page> scan(Scan scan) {
      return read(client.scan(scan));
    }

    @Override
    public CompletableFuture<Watch> watch(Bytes key, WatchOptions options) {
      return client.watch(key, options);
    }

    @Override
    public CompletableFuture<Watch> watchPrefix(Bytes prefix, WatchOptions options) {
      return client.watchPrefix(prefix, options);
    }

    @Override
    public CompletableFuture<List<Member>> members() {
      return client.members();
    }

    @Override
    public CompletableFuture<Optional<Leader>> leader() {
      return client.leader();
    }
  }
}
