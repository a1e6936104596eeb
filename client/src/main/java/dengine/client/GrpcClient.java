package dengine.client;

import dengine.api.Admin;
import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.Member;
import dengine.api.OutcomeUnknownException;
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
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The client of a standalone cluster.
///
/// ```java
/// try (GrpcClient client = GrpcClient.connect("10.0.0.1:9081,10.0.0.2:9081,10.0.0.3:9081")) {
///   client.put("greeting", "hello");
/// }
/// ```
///
/// It keeps one stream to each server, finds the leader, follows it when it moves, and tries again
/// what a server refused, all within each call's deadline. It never sends a write again whose
/// outcome is unknown: that is an [OutcomeUnknownException], and the caller's decision. `EVENTUAL`
/// reads stay with one server as long as it lives, so they do not go back in time until then.
///
/// Make one per application and share it. Blocking calls must not be made from callbacks of
/// [#async]'s futures: these run on the thread that brings the answers.
public final class GrpcClient implements Client {

  private final Dispatcher dispatcher;
  private final AsyncGrpcClient async;
  private final AdminServers servers;
  private final Watchers watchers;
  private final Duration deadline;

  private GrpcClient(
      Dispatcher dispatcher, AdminServers servers, Watchers watchers, Duration deadline) {
    this.dispatcher = dispatcher;
    this.servers = servers;
    this.watchers = watchers;
    this.deadline = deadline;
    this.async = new AsyncGrpcClient(dispatcher, watchers, deadline);
  }

  /// Connects in the background, with the defaults; calls wait for a connection within their
  /// deadlines.
  ///
  /// @param endpoints `host:port` of one or more servers, separated by commas
  public static GrpcClient connect(String endpoints) {
    return builder(endpoints).connect();
  }

  /// A client to be configured.
  ///
  /// @param endpoints `host:port` of one or more servers, separated by commas
  public static Builder builder(String endpoints) {
    return new Builder(endpoints);
  }

  @Override
  public AsyncClient async() {
    return async;
  }

  @Override
  public Client withDeadline(Duration deadline) {
    return new GrpcClient(dispatcher, servers, watchers, positive("deadline", deadline));
  }

  /// What operators do with the cluster, with this client's deadline for each call.
  public Admin admin() {
    return new GrpcAdmin(servers, deadline);
  }

  /// What becomes of a node of the cluster: it follows one as long as that answers and knows a
  /// leader, and then another, so that it goes on telling who leads.
  /// [dengine.api.NodeState#nodeId] says whose state it is; no term is told after a later one.
  /// While no server answers it tells [dengine.api.NodeState.Phase#UNREACHABLE].
  public Lifecycle lifecycle() {
    return GrpcLifecycle.ofAny(servers, deadline);
  }

  /// What becomes of the node at this address, and of no other.
  ///
  /// @param address `host:port`
  public Lifecycle lifecycleAt(String address) {
    Builder.check(address);
    return GrpcLifecycle.ofOne(servers, deadline, address);
  }

  @Override
  public long put(Bytes key, Bytes value) {
    return await(() -> async.put(key, value), true);
  }

  @Override
  public long delete(Bytes key) {
    return await(() -> async.delete(key), true);
  }

  @Override
  public long put(Bytes key, Bytes value, Duration ttl) {
    return await(() -> async.put(key, value, ttl), true);
  }

  @Override
  public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value, Duration ttl) {
    return await(() -> async.compareAndSwap(key, expected, value, ttl), true);
  }

  @Override
  public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return await(() -> async.compareAndSwap(key, expected, value), true);
  }

  @Override
  public Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
    return await(() -> async.get(key, policy), false);
  }

  @Override
  public Values getMany(List<Bytes> keys, ReadPolicy policy) {
    return await(() -> async.getMany(keys, policy), false);
  }

  @Override
  public Page scan(Scan scan) {
    return await(() -> async.scan(scan), false);
  }

  @Override
  public Watch watch(Bytes key, WatchOptions options) {
    return begun(() -> async.watch(key, options));
  }

  @Override
  public Watch watchPrefix(Bytes prefix, WatchOptions options) {
    return begun(() -> async.watchPrefix(prefix, options));
  }

  /// One that begins after the caller has given up is closed.
  private Watch begun(Supplier<CompletableFuture<Watch>> call) {
    CompletableFuture<Watch> watch = call.get();
    try {
      return await(() -> watch, false);
    } catch (DEngineException | IllegalStateException failure) {
      if (!watch.cancel(false)) {
        CompletableFuture<Void> unused = watch.thenAccept(Watch::close);
      }
      throw failure;
    }
  }

  @Override
  public List<Member> members() {
    return await(() -> async.members(), false);
  }

  @Override
  public Optional<Leader> leader() {
    return await(() -> async.leader(), false);
  }

  @Override
  public void close() {
    servers.close();
    watchers.close();
    dispatcher.close();
  }

  private <T> T await(Supplier<CompletableFuture<T>> call, boolean write) {
    if (dispatcher.isOwnThread()) {
      throw new IllegalStateException(
          "a blocking call in a callback would wait for itself; use async() there");
    }
    try {
      return call.get().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DEngineException failure) {
        // It was made on the thread that brings answers, whose stack tells the caller nothing.
        failure.setStackTrace(new Throwable().getStackTrace());
        throw failure;
      }
      throw new IllegalStateException("a call failed in a way it must not", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw write
          ? new OutcomeUnknownException("interrupted while waiting for the write's answer", e)
          : new ClusterUnavailableException("interrupted while waiting for the answer", e);
    }
  }

  static Duration positive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: > 0");
    }
    return value;
  }

  /// Settings of a client.
  public static final class Builder {

    private final List<String> endpoints;
    private Duration deadline = ClientOptions.DEFAULT.deadline();
    private boolean unary = ClientOptions.DEFAULT.unary();
    private int maxInFlight = ClientOptions.DEFAULT.maxInFlight();
    private long maxInFlightBytes = ClientOptions.DEFAULT.maxInFlightBytes();
    private @Nullable ClientLoop loop;

    private Builder(String endpoints) {
      this.endpoints =
          Stream.of(endpoints.split(",", -1)).map(String::trim).filter(s -> !s.isEmpty()).toList();
      if (this.endpoints.isEmpty()) {
        throw new IllegalArgumentException(
            "endpoints = \"" + endpoints + "\", permitted: host:port, separated by commas");
      }
      this.endpoints.forEach(Builder::check);
    }

    private static void check(String endpoint) {
      if (!NameLookup.isAddress(endpoint)) {
        throw new IllegalArgumentException(
            "endpoint = " + endpoint + ", permitted: host:port with a port of 1 to 65535");
      }
    }

    /// Longest time of a call, retries included; 5 s unless set.
    public Builder deadline(Duration longest) {
      deadline = positive("deadline", longest);
      return this;
    }

    /// Most calls under way in this client, and most bytes of their commands; beyond them calls
    /// fail with [dengine.api.RateLimitedException]. 100,000 calls and 256 MiB unless set.
    public Builder maxInFlight(int calls, long bytes) {
      if (calls < 1 || bytes < 1) {
        throw new IllegalArgumentException(
            "maxInFlight = " + calls + " calls, " + bytes + " bytes, permitted: >= 1");
      }
      maxInFlight = calls;
      maxInFlightBytes = bytes;
      return this;
    }

    /// Sends puts, deletes, swaps and gets as unary calls of the original's service instead of the
    /// session stream. Several times slower; for comparison.
    public Builder unary() {
      unary = true;
      return this;
    }

    /// What the client runs on; a thread and connections of its own unless called. For simulations.
    public Builder loop(ClientLoop runsOn) {
      loop = runsOn;
      return this;
    }

    /// The client; it connects in the background.
    public GrpcClient connect() {
      ClientOptions defaults = ClientOptions.DEFAULT;
      ClientOptions options =
          new ClientOptions(
              deadline,
              unary,
              maxInFlight,
              maxInFlightBytes,
              defaults.connectTimeout(),
              defaults.suspicion(),
              defaults.silence(),
              defaults.reconnectMin(),
              defaults.reconnectMax(),
              defaults.discovery());
      ClientLoop runsOn = loop == null ? new NettyLoop(options.connectTimeout()) : loop;
      Dispatcher dispatcher = new Dispatcher(endpoints, options, runsOn);
      return new GrpcClient(
          dispatcher,
          new AdminServers(dispatcher.routes(), runsOn),
          new Watchers(dispatcher.routes(), runsOn),
          deadline);
    }
  }
}
