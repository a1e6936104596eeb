package dengine.grpc;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;
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
import dengine.api.spi.BufferedWatch;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// A store without an engine: one map. It can be told to fail, to wait, and remembers with
/// which policy and deadline it was asked.
final class FakeStore implements AsyncClient {

  /// The next operation fails with this, once.
  volatile RuntimeException failure;

  /// The next operation throws this instead of failing as it should.
  volatile RuntimeException bug;

  /// Whether the planned failure stays.
  volatile boolean failsAlways;

  /// While set, operations do not end until it is completed.
  volatile CompletableFuture<Void> gate;

  volatile Optional<Leader> leader = Optional.of(new Leader(1, "127.0.0.1:9081", 3));

  /// Whether nobody hears who leads.
  volatile boolean keepsLeaderToItself;

  volatile int pageSize = 1000;

  /// Operations that were not told to fail.
  final AtomicInteger started = new AtomicInteger();

  final Queue<ReadPolicy> policies = new ConcurrentLinkedQueue<>();
  final Queue<Duration> deadlines = new ConcurrentLinkedQueue<>();

  /// What keys were last stored with, of those that were to go by themselves.
  final Map<Bytes, Duration> ttls = new ConcurrentHashMap<>();

  /// Every watch that was begun.
  final BlockingQueue<Watched> watches = new LinkedBlockingQueue<>();

  private final TreeMap<Bytes, KeyValue> store = new TreeMap<>();
  private long revision;

  private <T> CompletableFuture<T> run(Supplier<T> operation) {
    RuntimeException unplanned = bug;
    if (unplanned != null) {
      bug = null;
      throw unplanned;
    }
    RuntimeException planned = failure;
    if (planned != null) {
      if (!failsAlways) {
        failure = null;
      }
      return CompletableFuture.failedFuture(planned);
    }
    CompletableFuture<Void> wait = gate;
    started.incrementAndGet();
    return wait == null
        ? CompletableFuture.completedFuture(locked(operation))
        : wait.thenApply(open -> locked(operation));
  }

  private synchronized <T> T locked(Supplier<T> operation) {
    return operation.get();
  }

  /// A blocking client that is only good for its asynchronous form, which is all the services use.
  Client client() {
    return (Client)
        Proxy.newProxyInstance(
            Client.class.getClassLoader(),
            new Class<?>[] {Client.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "async" -> this;
                  case "withDeadline" -> {
                    deadlines.add((Duration) arguments[0]);
                    yield proxy;
                  }
                  case "equals" ->
                      System.identityHashCode(proxy) == System.identityHashCode(arguments[0]);
                  case "hashCode" -> System.identityHashCode(proxy);
                  default -> throw new AssertionError("a blocking call: " + method);
                });
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value) {
    return run(() -> write(key, value));
  }

  @Override
  public CompletableFuture<Long> put(Bytes key, Bytes value, Duration ttl) {
    ttls.put(key, ttl);
    return put(key, value);
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(
      Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    ttls.put(key, ttl);
    return compareAndSwap(key, expected, value);
  }

  @Override
  public CompletableFuture<Long> delete(Bytes key) {
    return run(
        () -> {
          store.remove(key);
          return ++revision;
        });
  }

  @Override
  public CompletableFuture<Swap> compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return run(
        () -> {
          Optional<Bytes> present = Optional.ofNullable(store.get(key)).map(KeyValue::value);
          return present.equals(expected)
              ? new Swap(true, write(key, value))
              : new Swap(false, ++revision);
        });
  }

  private long write(Bytes key, Bytes value) {
    revision++;
    KeyValue before = store.get(key);
    store.put(
        key,
        before == null
            ? new KeyValue(key, value, revision, revision, 1)
            : new KeyValue(key, value, before.createRevision(), revision, before.version() + 1));
    return revision;
  }

  @Override
  public CompletableFuture<Optional<KeyValue>> get(Bytes key, ReadPolicy policy) {
    policies.add(policy);
    return run(() -> Optional.ofNullable(store.get(key)));
  }

  @Override
  public CompletableFuture<Values> getMany(List<Bytes> keys, ReadPolicy policy) {
    policies.add(policy);
    return run(
        () ->
            new Values(
                revision, keys.stream().map(key -> Optional.ofNullable(store.get(key))).toList()));
  }

  @Override
  public CompletableFuture<Page> scan(Scan scan) {
    policies.add(scan.policy());
    return run(
        () -> {
          List<KeyValue> found = new ArrayList<>();
          for (KeyValue record : store.tailMap(scan.from().orElse(scan.prefix())).values()) {
            if (!record.key().startsWith(scan.prefix())) {
              break;
            }
            if (found.size() == Math.min(scan.limit(), pageSize)) {
              return new Page(revision, found, Optional.of(record.key()));
            }
            found.add(record);
          }
          return new Page(revision, found, Optional.empty());
        });
  }

  @Override
  public CompletableFuture<Watch> watch(Bytes key, WatchOptions options) {
    return begin(key, false, options);
  }

  @Override
  public CompletableFuture<Watch> watchPrefix(Bytes prefix, WatchOptions options) {
    return begin(prefix, true, options);
  }

  private CompletableFuture<Watch> begin(Bytes key, boolean prefix, WatchOptions options) {
    return run(
        () -> {
          Watched watched = new Watched(key, prefix, options, revision, new CompletableFuture<>());
          watches.add(watched);
          return watched.events;
        });
  }

  /// A watch that somebody began: tests put events in.
  static final class Watched {
    final Bytes key;
    final boolean prefix;
    final WatchOptions options;
    final BufferedWatch events;

    /// Complete when whoever watched wants no more.
    final CompletableFuture<Void> closed;

    Watched(
        Bytes key,
        boolean prefix,
        WatchOptions options,
        long revision,
        CompletableFuture<Void> closed) {
      this.key = key;
      this.prefix = prefix;
      this.options = options;
      this.closed = closed;
      long first = options.fromRevision() == 0 ? revision : options.fromRevision() - 1;
      int size = options.bufferSize() == 0 ? 1000 : options.bufferSize();
      this.events =
          new BufferedWatch(
              first,
              size,
              Long.MAX_VALUE,
              Thread::startVirtualThread,
              new BufferedWatch.Source() {
                @Override
                public void hasRoom() {}

                @Override
                public void closed() {
                  Watched.this.closed.complete(null);
                }
              });
    }
  }

  @Override
  public CompletableFuture<List<Member>> members() {
    return run(
        () ->
            List.of(
                new Member(1, "127.0.0.1:9081", Member.Role.LEADER),
                new Member(2, "127.0.0.1:9082", Member.Role.FOLLOWER),
                new Member(3, "127.0.0.1:9083", Member.Role.LEARNER)));
  }

  @Override
  public CompletableFuture<Optional<Leader>> leader() {
    return keepsLeaderToItself
        ? new CompletableFuture<>()
        : CompletableFuture.completedFuture(leader);
  }
}
