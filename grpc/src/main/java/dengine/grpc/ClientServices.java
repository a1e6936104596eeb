package dengine.grpc;

import dengine.api.Admin;
import dengine.api.Client;
import dengine.api.Lifecycle;
import dengine.engine.NodeStatus;
import dengine.engine.spi.MetaStore;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What a node offers to clients over gRPC: the original's client and cluster services, sessions,
/// watches, its lifecycle and the admin service, all on top of one [Client] and one [Admin].
/// Register them with [GrpcTransport#register].
///
/// Handlers run on the network's threads and never block. Closing lets calls that are under way
/// finish and refuses new ones; the client stays open, it is its owner's.
public final class ClientServices implements AutoCloseable {

  private final SessionService sessions;
  private final AdminCalls calls;
  private final WatchCalls watches;
  private final LifecycleService lifecycles;
  private final Traffic traffic = new Traffic();
  private final List<BindableService> forMembers;
  private final List<BindableService> forClients;

  /// @param identity who the node is
  /// @param client the engine's; its asynchronous form must not block
  /// @param admin the engine's; its calls may block
  /// @param lifecycle the engine's
  /// @param status this node's view of itself, safe to ask from any thread
  /// @param maxRequestBytes most bytes of one request, as the server was configured; told to
  ///     clients
  /// @param maxCallsPerConnection most concurrent calls of one connection
  /// @param network where answers are encoded: [GrpcTransport#executor]
  /// @param dial connects to another member at `host:port`
  public ClientServices(
      MetaStore.Identity identity,
      Client client,
      Admin admin,
      Lifecycle lifecycle,
      Supplier<NodeStatus> status,
      ServiceOptions options,
      int maxRequestBytes,
      int maxCallsPerConnection,
      Executor network,
      Function<String, ManagedChannel> dial) {
    Deadlines deadlines = new Deadlines(client, options, traffic);
    Reads reads = new Reads(options);
    Answers answers = new Answers(network);
    this.calls = new AdminCalls(admin, options);
    this.watches = new WatchCalls(maxCallsPerConnection);
    this.lifecycles = new LifecycleService(lifecycle, identity);
    this.sessions =
        new SessionService(
            deadlines, new SessionCommands(reads), identity, options, maxRequestBytes, network);
    this.forMembers =
        guarded(
            new ClusterService(deadlines, answers, calls, new Joins(identity, dial)),
            new AdminService(calls, status, this::activity),
            lifecycles);
    this.forClients =
        guarded(
            Origin.around(
                EarlyHeaders.around(
                    new RaftClientService(deadlines, reads, answers, calls, watches))),
            Origin.around(new WatchesService(deadlines, watches, identity)),
            sessions);
  }

  private static List<BindableService> guarded(BindableService... services) {
    return Stream.of(services).map(BoundedMessages::around).map(RefusedRequests::around).toList();
  }

  /// The services on top of an engine's client, as a transport serves them.
  public static ClientServices on(
      GrpcTransport transport,
      Client client,
      Admin admin,
      Lifecycle lifecycle,
      Supplier<NodeStatus> status,
      ServiceOptions options) {
    ClientServices services = made(transport, client, admin, lifecycle, status, options);
    services.registerForMembers(transport);
    services.forClients.forEach(service -> transport.register(service, true));
    return services;
  }

  /// Those services alone by which nodes join and operators change the cluster: what a member
  /// offers whose data only its own process may touch.
  public static ClientServices forMembers(
      GrpcTransport transport,
      Client client,
      Admin admin,
      Lifecycle lifecycle,
      Supplier<NodeStatus> status,
      ServiceOptions options) {
    ClientServices services = made(transport, client, admin, lifecycle, status, options);
    services.registerForMembers(transport);
    return services;
  }

  private void registerForMembers(GrpcTransport transport) {
    forMembers.forEach(service -> transport.register(service, false));
    lifecycles.tell(transport);
  }

  private static ClientServices made(
      GrpcTransport transport,
      Client client,
      Admin admin,
      Lifecycle lifecycle,
      Supplier<NodeStatus> status,
      ServiceOptions options) {
    return new ClientServices(
        transport.identity(),
        client,
        admin,
        lifecycle,
        status,
        options,
        transport.maxMessageBytes(),
        transport.maxCallsPerConnection(),
        transport.executor(),
        transport::dial);
  }

  /// The services, to be registered.
  public List<BindableService> services() {
    return Stream.concat(forMembers.stream(), forClients.stream()).toList();
  }

  /// What was done for clients.
  public ServiceActivity activity() {
    return traffic.activity(watches.count());
  }

  /// Ends the sessions after what is under way, and all that watches; commands that still come are
  /// refused.
  @Override
  public void close() {
    lifecycles.close();
    sessions.close();
    calls.close();
    watches.close();
  }
}
