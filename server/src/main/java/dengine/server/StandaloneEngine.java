package dengine.server;

import dengine.api.ClusterUnavailableException;
import dengine.api.EngineStoppedException;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.EngineMetrics;
import dengine.embedded.LossReport;
import dengine.engine.spi.StorageException;
import dengine.grpc.ClientServices;
import dengine.grpc.GrpcTransport;
import dengine.grpc.ServiceOptions;
import dengine.grpc.TransportOptions;
import dengine.kv.KeyValueStore;
import dengine.raft.Membership;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import dengine.server.config.ClusterMember;
import dengine.server.config.ServerConfig;
import dengine.server.config.StateMachineKind;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A node as a server of its own: it listens for peers and clients at one address.
///
/// ```java
/// StandaloneEngine.run(ServerConfig.load(Path.of("dengine.toml")));
/// ```
///
/// It never exits the process, nor keeps it from ending; whoever started it waits, see [#run]. One
/// that is lost without [#close] is reported in the log, and goes on.
public final class StandaloneEngine implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(StandaloneEngine.class.getName());
  private static final String STATE_DIRECTORY = "state";
  private static final Duration LONGEST_REQUEST = Duration.ofMinutes(1);

  private final ServerConfig config;
  private final EmbeddedEngine engine;
  private final ClientServices services;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final EngineMetrics metrics;
  private final Health health;
  private final Memberships memberships;
  private final @Nullable HttpEndpoints http;
  private final String address;
  private final LossReport loss;
  private final AtomicBoolean closing = new AtomicBoolean();

  private StandaloneEngine(
      ServerConfig config,
      GrpcTransport transport,
      EmbeddedEngine engine,
      @Nullable HttpEndpoints http) {
    this.config = config;
    this.engine = engine;
    this.services =
        ClientServices.on(
            transport,
            engine.client(),
            engine.admin(),
            engine.lifecycle(),
            engine::status,
            serviceOptions(config));
    transport.expectServices(false);
    this.metrics = new EngineMetrics(engine);
    metrics.bindTo(registry);
    Tags node = Tags.of("node", String.valueOf(engine.nodeId()));
    new ServiceMetrics(node, services).bindTo(registry);
    new ProcessMetrics(node).bindTo(registry);
    this.health = new Health(engine);
    this.memberships = new Memberships(engine);
    this.http = http;
    this.address = transport.address();
    this.loss = LossReport.of("server", engine.nodeId(), StandaloneEngine.class);
    if (http == null) {
      // With HTTP it has more to release: it goes on answering why the node has stopped.
      LossReport ended = loss;
      var _ = engine.terminated().whenComplete((_, _) -> ended.ended());
    }
    loss.watch(this);
  }

  /// Starts a node and returns when it listens; [EmbeddedEngine#waitReady] tells when it serves.
  ///
  /// @throws StorageException if the data directory cannot be used
  /// @throws UncheckedIOException if the address cannot be listened on
  /// @throws ClusterUnavailableException if the node is to join a cluster and no member took it in
  ///     in time
  public static StandaloneEngine start(ServerConfig config) {
    config.warnings().forEach(warning -> LOG.log(System.Logger.Level.WARNING, warning));
    HttpEndpoints http = config.httpAddress().map(HttpEndpoints::listen).orElse(null);
    try {
      if (http != null) {
        Probes.answerWhileStarting(http);
        http.start();
      }
      return start(config, http);
    } catch (RuntimeException | Error failure) {
      if (http != null) {
        http.close();
      }
      throw failure;
    }
  }

  private static StandaloneEngine start(ServerConfig config, @Nullable HttpEndpoints http) {
    EngineConfig engineConfig = EmbeddedEngine.located(EngineSetup.of(config));
    GrpcTransport transport = listen(config, engineConfig);
    transport.expectServices(true); // a node that joins may take long to start
    for (ClusterMember member : config.members()) {
      if (member.id() != config.nodeId()) {
        transport.peer(member.id(), member.address().toString());
      }
    }
    // From here on the transport is the engine's, which closes it when it cannot start.
    EmbeddedEngine engine =
        start(
            config, EngineSetup.reachableAt(config, engineConfig, transport.address()), transport);
    StandaloneEngine server = new StandaloneEngine(config, transport, engine, http);
    LOG.log(
        System.Logger.Level.INFO,
        "event=started node={0} cluster={1} listen={2} members={3} data={4} persistence={5}"
            + " http={6}",
        String.valueOf(config.nodeId()),
        Long.toHexString(engineConfig.effectiveClusterId()),
        transport.address(),
        server.engine.node().membership().membership().equals(Membership.NONE)
            ? ServerConfig.text(config.members())
            : Memberships.text(server.engine.admin().listMembers()),
        config.dataDir().toAbsolutePath().normalize(),
        config.strategy(),
        server.httpAddress().orElse("none"));
    server.begin();
    return server;
  }

  /// Nothing that runs from now on holds on to this server itself: that it is lost would not be
  /// noticed.
  private void begin() {
    memberships.start();
    health.start();
    if (http != null) {
      new Probes(engine).answer(http);
      EngineMetrics counted = metrics;
      PrometheusMeterRegistry scraped = registry;
      http.answer("/metrics", () -> new HttpEndpoints.Answer(200, scrape(counted, scraped)));
    }
  }

  private static EmbeddedEngine start(
      ServerConfig config, EngineConfig engineConfig, GrpcTransport transport) {
    EmbeddedEngine.Builder builder = EmbeddedEngine.builder(engineConfig).transport(transport);
    if (config.stateMachine() == StateMachineKind.MEMORY) {
      return builder.start();
    }
    KeyValueStore store;
    try {
      Path directory = config.dataDir().resolve(STATE_DIRECTORY);
      store = RocksStore.open(RocksOptions.of(directory).withLimits(config.limits()));
    } catch (RuntimeException | Error failure) {
      transport.close();
      throw failure;
    }
    try {
      return builder.store(store).start();
    } catch (RuntimeException | Error failure) {
      store.close();
      throw failure;
    }
  }

  /// Runs a node until the process is asked to end (SIGTERM, SIGINT) or the node stops by itself.
  /// In the first case everything was finished, flushed and released when this returns.
  ///
  /// @throws EngineStoppedException if the node stopped because going on could have broken a
  ///     promise
  public static void run(ServerConfig config) {
    try (StandaloneEngine server = start(config)) {
      Thread closing = new Thread(server::close, "dengine-shutdown");
      Runtime.getRuntime().addShutdownHook(closing);
      server.awaitTermination();
    }
  }

  /// Waits until the node has stopped.
  ///
  /// @throws EngineStoppedException if it stopped by itself
  public void awaitTermination() {
    try {
      engine.terminated().join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String why = "node " + config.nodeId() + " stopped: " + cause.getMessage();
      throw new EngineStoppedException(why, cause);
    }
  }

  /// The engine inside.
  public EmbeddedEngine engine() {
    return engine;
  }

  /// Where clients on this machine reach the node: the configured host with the actual port.
  public String address() {
    return address;
  }

  /// Where this node answers HTTP about its health and its metrics: the configured host with the
  /// actual port.
  public Optional<String> httpAddress() {
    return Optional.ofNullable(http).map(HttpEndpoints::address);
  }

  /// What the node counts; names begin with `dengine.`.
  public MeterRegistry metrics() {
    return registry;
  }

  /// All metrics in Prometheus' text format.
  public String scrapeMetrics() {
    return scrape(metrics, registry);
  }

  private static String scrape(EngineMetrics metrics, PrometheusMeterRegistry registry) {
    metrics.refresh();
    return registry.scrape();
  }

  /// Completes when the node has stopped: normally after [#close], exceptionally with the cause if
  /// it stopped by itself.
  public CompletableFuture<Void> terminated() {
    return engine.terminated();
  }

  /// Stops gracefully: what is in flight finishes, leadership is handed over, the log is synced,
  /// files and the port are released. Waits until that is done; calling it again does nothing more.
  @Override
  public void close() {
    loss.ended();
    // The first one says it: who called again waits for the same end. A node that stopped by itself
    // has said why, and has nothing to hand over.
    boolean asked = closing.compareAndSet(false, true) && !engine.terminated().isDone();
    if (asked) {
      say("event=stopping");
    }
    engine.node().announceStop();
    health.close();
    memberships.close();
    services.close();
    engine.close();
    if (http != null) {
      http.close();
    }
    registry.close();
    if (asked) {
      say("event=stopped");
    }
  }

  private void say(String event) {
    LOG.log(System.Logger.Level.INFO, event + " node={0}", String.valueOf(config.nodeId()));
  }

  private static GrpcTransport listen(ServerConfig config, EngineConfig engineConfig) {
    TransportOptions options =
        TransportOptions.of(
                config.listenAddress().toString(),
                engineConfig.effectiveClusterId(),
                config.nodeId())
            .withRoomFor(config.raft().maxMessageBytes(), config.limits().maxRequestBytes());
    try {
      return GrpcTransport.listen(options);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  private static ServiceOptions serviceOptions(ServerConfig config) {
    ServiceOptions standard = ServiceOptions.DEFAULT;
    Duration longest =
        config.defaultDeadline().compareTo(LONGEST_REQUEST) > 0
            ? config.defaultDeadline()
            : LONGEST_REQUEST;
    return new ServiceOptions(
        config.defaultReadPolicy(),
        config.allowClientOverride(),
        config.defaultDeadline(),
        longest,
        standard.maxInFlight(),
        standard.maxInFlightBytes(),
        config.limits().maxValueBytes());
  }
}
