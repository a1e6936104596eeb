package dengine.grpc;

import dengine.engine.Configuration;
import dengine.engine.NodeStatus;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.Raft;
import dengine.raft.RoleChange;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.List;
import java.util.Optional;

/// The client services of one node on a free port, on top of a fake store, and a channel to them.
final class Served implements AutoCloseable {

  final FakeStore store = new FakeStore();
  final FakeAdmin admin = new FakeAdmin();
  final FakeLifecycle lifecycle;

  /// What the node knows of its cluster.
  volatile Configuration known = new Configuration(0, Membership.of(1, 2, 3), true);

  volatile boolean removed;
  final GrpcTransport transport;
  final ClientServices services;
  final ManagedChannel channel;

  Served(ServiceOptions options) throws Exception {
    this(1, options);
  }

  Served(int nodeId, ServiceOptions options) throws Exception {
    this(7, nodeId, options);
  }

  Served(long clusterId, int nodeId, ServiceOptions options) throws Exception {
    transport = GrpcTransport.listen(TransportOptions.of("127.0.0.1:0", clusterId, nodeId));
    lifecycle = new FakeLifecycle(nodeId);
    services =
        ClientServices.on(
            transport,
            store.client(),
            admin,
            lifecycle,
            () -> status(clusterId, known, removed),
            options);
    channel =
        NettyChannelBuilder.forTarget(transport.address()).directExecutor().usePlaintext().build();
  }

  static NodeStatus status() {
    return status(7, new Configuration(0, Membership.of(1, 2, 3), true), false);
  }

  private static NodeStatus status(long clusterId, Configuration known, boolean removed) {
    return new NodeStatus(
        1,
        clusterId,
        RoleChange.Kind.LEADER,
        3,
        1,
        100,
        98,
        97,
        List.of(new NodeStatus.Peer(2, 90, 12), new NodeStatus.Peer(3, 100, 95_000)),
        new NodeStatus.Load(0, 1, 0, new Raft.Load(0, 400, 100, 5000, 1, 1)),
        known,
        removed,
        new NodeStatus.History(
            41, Optional.of(new NodeStatus.Kept(new Position(40, 2), 1234, 5600)), List.of()));
  }

  @Override
  public void close() {
    channel.shutdownNow();
    services.close();
    transport.close();
  }
}
