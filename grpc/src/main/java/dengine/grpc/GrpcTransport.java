package dengine.grpc;

import dengine.engine.spi.MetaStore;
import dengine.engine.spi.Transport;
import dengine.raft.Message;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Carries messages between nodes over gRPC, and serves clients at the same address.
///
/// Each node keeps one outgoing stream to each peer; requests and answers alike travel on their
/// sender's stream. Losing a message is allowed, blocking the node is not: when a peer does not
/// read, messages beyond a bound are dropped and the peer is reported unreachable.
///
/// Health answers `NOT_SERVING` for every service until [#health] says otherwise.
public final class GrpcTransport implements Transport {

  private static final System.Logger LOGGER = System.getLogger(GrpcTransport.class.getName());
  private static final long CLOSE_GRACE_MILLIS = 1000;

  private final TransportOptions options;
  private final EventLoopGroup loops;
  private final LaterServices services = new LaterServices();

  /// By their names, whether they need a leader.
  private final Map<String, Boolean> needsLeader = new ConcurrentHashMap<>();

  private final HealthStatusManager health = new HealthStatusManager();
  private final RareLog log = new RareLog(LOGGER);
  private final Unaddressed unaddressed = new Unaddressed(log, System::nanoTime);
  private final PeerService peerService;
  private final Server server;
  private final Links links = new Links(this::link);
  private volatile boolean up;
  private volatile boolean serving;
  private final AtomicBoolean closed = new AtomicBoolean();

  private GrpcTransport(TransportOptions options) throws IOException {
    this.options = options;
    this.peerService = new PeerService(options, log, this::arrived);
    this.loops =
        new MultiThreadIoEventLoopGroup(
            Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
            new DefaultThreadFactory("dengine-" + options.nodeId() + "-net", true),
            NioIoHandler.newFactory());
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
    try {
      this.server = listen();
    } catch (IOException | RuntimeException e) {
      Future<?> _ = stopLoops();
      throw e;
    }
  }

  /// Listens on the configured address. Peers and clients may connect at once; peers are refused
  /// until [#start], services answer as soon as they are registered.
  ///
  /// @throws BindException if the address cannot be listened on
  public static GrpcTransport listen(TransportOptions options) throws IOException {
    return new GrpcTransport(options);
  }

  private Server listen() throws IOException {
    InetSocketAddress address = HostPort.parse(options.listen()).resolved();
    try {
      return NettyServerBuilder.forAddress(address)
          .channelType(NioServerSocketChannel.class)
          .bossEventLoopGroup(loops)
          .workerEventLoopGroup(loops)
          .directExecutor()
          .handshakeTimeout(5, TimeUnit.SECONDS)
          .keepAliveTime(10, TimeUnit.SECONDS)
          .keepAliveTimeout(5, TimeUnit.SECONDS)
          .permitKeepAliveTime(1, TimeUnit.SECONDS)
          .permitKeepAliveWithoutCalls(true)
          .maxConcurrentCallsPerConnection(options.maxCallsPerConnection())
          // Clients whose calls all time out together reset that many streams; more is an attack.
          .maxRstFramesPerWindow(2 * options.maxCallsPerConnection(), 1)
          .maxInboundMessageSize(options.maxMessageBytes())
          .maxInboundMetadataSize(8 << 10)
          .fallbackHandlerRegistry(services)
          .addService(peerService.definition())
          .addService(health.getHealthService())
          .addService(ProtoReflectionServiceV1.newInstance())
          .build()
          .start();
    } catch (IOException e) {
      BindException failure =
          new BindException(
              "cannot listen on "
                  + options.listen()
                  + " ("
                  + rootMessage(e)
                  + "); choose another listen address, or stop the program that uses this one");
      failure.initCause(e);
      throw failure;
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      root = t;
    }
    return String.valueOf(root.getMessage());
  }

  /// The port listened on.
  public int port() {
    return server.getPort();
  }

  /// Who the node is that listens here.
  MetaStore.Identity identity() {
    return new MetaStore.Identity(options.clusterId(), options.nodeId());
  }

  /// Most bytes of one received message.
  int maxMessageBytes() {
    return options.maxMessageBytes();
  }

  /// Most concurrent calls of one connection.
  int maxCallsPerConnection() {
    return options.maxCallsPerConnection();
  }

  /// Where clients and peers on the same machine reach this node: the configured host, the actual
  /// port.
  public String address() {
    return HostPort.parse(options.listen()).host() + ":" + port();
  }

  /// Says where a peer is, or where it is from now on. The name is resolved at each attempt to
  /// connect. An address that is none is logged and not used: it may come from a configuration in
  /// the log, and must not stop the node.
  ///
  /// @param id the peer's node id
  /// @param address `host:port`; empty if it is not known, which changes nothing
  @Override
  public void peer(int id, String address) {
    if (id < 1 || id == options.nodeId()) {
      throw new IllegalArgumentException(
          "node " + id + " cannot be a peer of node " + options.nodeId());
    }
    if (address.isEmpty()) {
      return;
    }
    try {
      HostPort.parse(address);
    } catch (IllegalArgumentException e) {
      log.warn(
          "address of " + id, "not connected peer=" + id + " reason=\"" + e.getMessage() + "\"");
      return;
    }
    links.peer(id, address);
    unaddressed.over(id);
  }

  @Override
  public void forget(int id) {
    links.forget(id);
    unaddressed.over(id);
  }

  /// Serves this service too, from now on. Health answers for it by its name.
  ///
  /// @param leaderNeeded whether the service is of no use while no leader is known
  public void register(BindableService service, boolean leaderNeeded) {
    var definition = service.bindService();
    String name = definition.getServiceDescriptor().getName();
    services.register(definition);
    needsLeader.put(name, leaderNeeded);
    health.setStatus(name, status(leaderNeeded));
  }

  /// Whether clients that call a service which is not registered are told that the node is
  /// starting, so that they come again, instead of that it has no such service.
  public void expectServices(boolean more) {
    services.expectMore(more);
  }

  /// What health answers. In general, and for services that need a leader, it is well while one is
  /// known; for the others while the node runs.
  ///
  /// @param nowUp whether the node runs and is not about to stop
  /// @param nowServing whether it knows a leader
  public void health(boolean nowUp, boolean nowServing) {
    up = nowUp;
    serving = nowServing;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status(true));
    needsLeader.forEach((name, needed) -> health.setStatus(name, status(needed)));
  }

  private ServingStatus status(boolean leaderNeeded) {
    boolean well = leaderNeeded ? up && serving : up;
    return well ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /// A connection to another member for a call or two; whoever asks for it closes it. The name is
  /// resolved by the first call.
  ///
  /// @param address `host:port`
  ManagedChannel dial(String address) {
    return NettyChannelBuilder.forTarget("dns:///" + address)
        .channelType(NioSocketChannel.class)
        .eventLoopGroup(loops)
        .usePlaintext()
        .proxyDetector(host -> null)
        .disableRetry()
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) options.connectTimeout().toMillis())
        .build();
  }

  /// The threads that read and write the network: where services encode their answers. Tasks must
  /// not block.
  public Executor executor() {
    return loops;
  }

  @Override
  public void start(Receiver messages) {
    peerService.start(messages);
    links.start(messages);
  }

  private PeerLink link(int id, Supplier<@Nullable String> address, Receiver messages) {
    EventLoop loop = loops.next();
    Handshake handshake =
        new Handshake(options.clusterId(), options.nodeId(), id, PeerCodec.VERSION);
    Connection.Connector connector =
        (target, owner) -> new GrpcConnection(target, handshake, options, loop, owner);
    return new PeerLink(id, address, options, loop, connector, messages, log);
  }

  /// A peer that connects to us can be connected to: no need to wait for the next attempt.
  private void arrived(int peer) {
    PeerLink link = links.to(peer);
    if (link != null) {
      link.hurry();
    }
  }

  @Override
  public void send(int to, Message message) {
    PeerLink link = links.to(to);
    if (link != null) {
      link.send(message);
    } else {
      unaddressed.dropped(to);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    health.enterTerminalState();
    links.close();
    server.shutdown();
    peerService.close();
    try {
      if (!server.awaitTermination(CLOSE_GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(CLOSE_GRACE_MILLIS, TimeUnit.MILLISECONDS);
      }
      links.awaitClosed(CLOSE_GRACE_MILLIS);
      stopLoops().await(2 * CLOSE_GRACE_MILLIS);
    } catch (InterruptedException e) {
      server.shutdownNow();
      Future<?> _ = stopLoops();
      Thread.currentThread().interrupt();
    }
  }

  private Future<?> stopLoops() {
    return loops.shutdownGracefully(0, CLOSE_GRACE_MILLIS, TimeUnit.MILLISECONDS);
  }
}
