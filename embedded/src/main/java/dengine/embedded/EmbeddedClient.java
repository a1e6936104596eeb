package dengine.embedded;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.ClusterUnavailableException;
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
import dengine.engine.NodeException;
import dengine.kv.Command;
import dengine.kv.KeyValueStore;
import dengine.kv.Limits;
import dengine.kv.watch.Watched;
import dengine.kv.watch.Watches;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/// The client inside the engine's own JVM: no serialization, no socket. It asks this node only; on
/// a node that does not lead, everything but EVENTUAL reads ends with `NotLeaderException`, which
/// names the leader.
///
/// EVENTUAL and LEASE reads run on the caller's thread and take no lock. Safe for any number of
/// threads.
public final class EmbeddedClient implements Client {

  private final Node node;
  private final KeyValueStore store;
  private final Watches watches;
  private final Members members;
  private final Failures failures;
  private final Duration deadline;
  private final Runnable onClose;
  private final AsyncClient async;

  EmbeddedClient(
      Node node,
      KeyValueStore store,
      Watches watches,
      Members members,
      Duration deadline,
      Runnable onClose) {
    this(node, store, watches, members, new Failures(members), deadline, onClose);
  }

  private EmbeddedClient(
      Node node,
      KeyValueStore store,
      Watches watches,
      Members members,
      Failures failures,
      Duration deadline,
      Runnable onClose) {
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline = " + deadline + ", permitted: > 0");
    }
    this.node = node;
    this.store = store;
    this.watches = watches;
    this.members = members;
    this.failures = failures;
    this.deadline = deadline;
    this.onClose = onClose;
    this.async = new EmbeddedAsyncClient(node, store, watches, members, failures, deadline);
  }

  @Override
  public AsyncClient async() {
    return async;
  }

  @Override
  public EmbeddedClient withDeadline(Duration other) {
    return new EmbeddedClient(node, store, watches, members, failures, other, onClose);
  }

  @Override
  public long put(Bytes key, Bytes value) {
    return (Long) write(new Command.Put(key, value));
  }

  @Override
  public long put(Bytes key, Bytes value, Duration ttl) {
    return (Long) write(new Command.Put(key, value, TimeToLive.millis(ttl)));
  }

  @Override
  public long delete(Bytes key) {
    return (Long) write(new Command.Delete(key));
  }

  @Override
  public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return (Swap) write(new Command.CompareAndSwap(key, expected, value));
  }

  @Override
  public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    return (Swap) write(new Command.CompareAndSwap(key, expected, value, TimeToLive.millis(ttl)));
  }

  @Override
  public Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
    limits().checkKey(key);
    return read(policy, () -> store.get(key));
  }

  @Override
  public Values getMany(List<Bytes> keys, ReadPolicy policy) {
    limits().checkKeys(keys);
    return read(policy, () -> store.getMany(keys));
  }

  @Override
  public Page scan(Scan scan) {
    limits().checkScan(scan);
    return read(scan.policy(), () -> store.scan(scan));
  }

  @Override
  public Watch watch(Bytes key, WatchOptions options) {
    limits().checkKey(key);
    return begun(watches.watch(Watched.key(key), options));
  }

  @Override
  public Watch watchPrefix(Bytes prefix, WatchOptions options) {
    limits().checkPrefix(prefix);
    return begun(watches.watch(Watched.prefix(prefix), options));
  }

  @Override
  public List<Member> members() {
    return members.list();
  }

  @Override
  public Optional<Leader> leader() {
    return members.leader();
  }

  /// What this client could not do so far, and those with another deadline that were made of it.
  public FailedCalls failedCalls() {
    return failures.counted();
  }

  /// Closes the engine this client belongs to.
  @Override
  public void close() {
    onClose.run();
  }

  /// It has begun, but for one with previous values during a batch.
  private Watch begun(CompletableFuture<Watch> watch) {
    try {
      return watch.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DEngineException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      closeOnceBegun(watch);
      throw new ClusterUnavailableException(
          "the batch that is being applied did not end within " + deadline.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      closeOnceBegun(watch);
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while a watch began", e);
    }
  }

  private static void closeOnceBegun(CompletableFuture<Watch> watch) {
    var _ = watch.thenAccept(Watch::close);
  }

  private Limits limits() {
    return store.limits();
  }

  private Object write(Command command) {
    limits().check(command);
    Object result;
    try {
      result = Objects.requireNonNull(node.propose(command.encode(), deadline));
    } catch (NodeException failure) {
      throw failures.of(failure);
    }
    if (result instanceof DEngineException refused) {
      throw refused;
    }
    return result;
  }

  private <T> T read(ReadPolicy policy, Supplier<T> lookup) {
    return switch (policy) {
      case EVENTUAL -> lookup.get();
      case LEASE -> {
        long term = node.leaseTerm();
        if (term != 0) {
          T value = lookup.get();
          if (node.stillHasLease(term)) {
            yield value;
          }
        }
        yield linearizable(lookup); // stronger than asked for, never weaker
      }
      case LINEARIZABLE -> linearizable(lookup);
    };
  }

  private <T> T linearizable(Supplier<T> lookup) {
    try {
      node.awaitReadable(deadline);
    } catch (NodeException failure) {
      throw failures.of(failure);
    }
    return lookup.get();
  }
}
