package dengine.embedded;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.DEngineException;
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
import dengine.engine.Node;
import dengine.kv.Command;
import dengine.kv.KeyValueStore;
import dengine.kv.watch.Watched;
import dengine.kv.watch.Watches;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// The twin of [EmbeddedClient] that does not block. Futures of reads that need no quorum are
/// complete when they are returned.
final class EmbeddedAsyncClient implements AsyncClient {

  private final Node node;
  private final KeyValueStore store;
  private final Watches watches;
  private final Members members;
  private final Failures failures;
  private final Duration deadline;

  EmbeddedAsyncClient(
      Node node,
      KeyValueStore store,
      Watches watches,
      Members members,
      Failures failures,
      Duration deadline) {
    this.node = node;
    this.store = store;
    this.watches = watches;
    this.members = members;
    this.failures = failures;
    this.deadline = deadline;
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value) {
    return write(new Command.Put(key, value), Long.class);
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value, Duration ttl) {
    return write(() -> new Command.Put(key, value, TimeToLive.millis(ttl)), Long.class);
  }

  @Override
  public CompletableFuture<Long> delete(Bytes key) {
    return write(new Command.Delete(key), Long.class);
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return write(new Command.CompareAndSwap(key, expected, value), Swap.class);
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    return write(
        () -> new Command.CompareAndSwap(key, expected, value, TimeToLive.millis(ttl)), Swap.class);
  }

  @Override
  public CompletableFuture<Optional<KeyValue>> get(Bytes key, ReadPolicy policy) {
    return read(
        policy, () -> store.limits().checkKey(key), () -> store.get(key), lookup -> lookup.run());
  }

  @Override
  public CompletableFuture<Values> getMany(List<Bytes> keys, ReadPolicy policy) {
    List<Bytes> wanted = List.copyOf(keys);
    return read(
        policy, () -> store.limits().checkKeys(wanted), () -> store.getMany(wanted), node::execute);
  }

  @Override
  public CompletableFuture<Page> scan(Scan scan) {
    return read(
        scan.policy(), () -> store.limits().checkScan(scan), () -> store.scan(scan), node::execute);
  }

  @Override
  public CompletableFuture<Watch> watch(Bytes key, WatchOptions options) {
    return watch(
        () -> {
          store.limits().checkKey(key);
          return Watched.key(key);
        },
        options);
  }

  @Override
  public CompletableFuture<Watch> watchPrefix(Bytes prefix, WatchOptions options) {
    return watch(
        () -> {
          store.limits().checkPrefix(prefix);
          return Watched.prefix(prefix);
        },
        options);
  }

  private CompletableFuture<Watch> watch(Supplier<Watched> what, WatchOptions options) {
    try {
      return watches.watch(what.get(), options);
    } catch (DEngineException invalid) {
      return CompletableFuture.failedFuture(invalid);
    }
  }

  @Override
  public CompletableFuture<List<Member>> members() {
    return CompletableFuture.completedFuture(members.list());
  }

  @Override
  public CompletableFuture<Optional<Leader>> leader() {
    return CompletableFuture.completedFuture(members.leader());
  }

  private <T> CompletableFuture<T> write(Command command, Class<T> type) {
    return write(() -> command, type);
  }

  private <T> CompletableFuture<T> write(Supplier<Command> wanted, Class<T> type) {
    byte[] encoded;
    try {
      Command command = wanted.get();
      store.limits().check(command);
      encoded = command.encode();
    } catch (DEngineException invalid) {
      return CompletableFuture.failedFuture(invalid);
    }
    CompletableFuture<T> future = new CompletableFuture<>();
    node.propose(
        encoded,
        deadline,
        (result, failure) -> {
          if (failure != null) {
            future.completeExceptionally(failures.of(failure));
          } else if (result instanceof DEngineException refused) {
            future.completeExceptionally(refused);
          } else {
            future.complete(type.cast(result));
          }
        });
    return future;
  }

  /// @param where a lookup runs that the engine lets go: a large one must not hold up the event
  ///     loop
  private <T> CompletableFuture<T> read(
      ReadPolicy policy, Runnable check, Supplier<T> lookup, Executor where) {
    try {
      check.run();
      return switch (policy) {
        case EVENTUAL -> CompletableFuture.completedFuture(lookup.get());
        case LEASE -> {
          Optional<T> value = node.readWithLease(lookup);
          yield value.isPresent()
              ? CompletableFuture.completedFuture(value.get())
              : linearizable(lookup, where);
        }
        case LINEARIZABLE -> linearizable(lookup, where);
      };
    } catch (DEngineException invalid) {
      return CompletableFuture.failedFuture(invalid);
    }
  }

  private <T> CompletableFuture<T> linearizable(Supplier<T> lookup, Executor where) {
    CompletableFuture<T> future = new CompletableFuture<>();
    node.awaitReadable(
        deadline,
        (_, failure) -> {
          if (failure != null) {
            future.completeExceptionally(failures.of(failure));
          } else {
            where.execute(() -> complete(future, lookup));
          }
        });
    return future;
  }

  private static <T> void complete(CompletableFuture<T> future, Supplier<T> lookup) {
    try {
      future.complete(lookup.get());
    } catch (RuntimeException | Error failure) {
      future.completeExceptionally(failure);
    }
  }
}
