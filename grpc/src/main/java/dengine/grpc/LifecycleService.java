package dengine.grpc;

import dengine.api.Admin;
import dengine.api.Lifecycle;
import dengine.api.Member;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import dengine.engine.spi.MetaStore;
import dengine.proto.v1.LifecycleGrpc.LifecycleImplBase;
import dengine.proto.v1.WatchStateRequest;
import io.grpc.stub.StreamObserver;
import java.util.Optional;

/// Tells what becomes of this node.
final class LifecycleService extends LifecycleImplBase implements AutoCloseable {

  /// Most callers who follow this node.
  static final int MAX_WATCHES = 1024;

  private final Lifecycle lifecycle;
  private final MetaStore.Identity identity;
  private final WatchStreams<NodeState> streams;
  private volatile Runnable endHealth = () -> {};

  LifecycleService(Lifecycle lifecycle, MetaStore.Identity identity) {
    this.lifecycle = lifecycle;
    this.identity = identity;
    this.streams =
        new WatchStreams<>(MAX_WATCHES, "the node's state", lifecycle::watch, this::farewell);
  }

  /// Has the transport's health follow the node.
  void tell(GrpcTransport transport) {
    ToldHealth told = new ToldHealth(transport);
    Admin.Watching watching = lifecycle.watch(told::show);
    endHealth =
        () -> {
          watching.close();
          told.end();
        };
  }

  /// What the transport says of the node. What is being told when it ends comes no more: it could
  /// be that it serves.
  private static final class ToldHealth {
    private final GrpcTransport transport;
    private boolean over;

    ToldHealth(GrpcTransport transport) {
      this.transport = transport;
    }

    synchronized void show(NodeState now) {
      if (!over) {
        transport.health(!now.isEnding(), now.isServing());
      }
    }

    synchronized void end() {
      over = true;
      transport.health(false, false);
    }
  }

  @Override
  public void watchState(
      WatchStateRequest request, StreamObserver<dengine.proto.v1.NodeState> caller) {
    streams.open(caller, this::written);
  }

  /// The streams end before the node does, so that nobody keeps it from stopping.
  private Optional<NodeState> farewell() {
    NodeState now = lifecycle.state();
    return Optional.of(
        now.isEnding()
            ? now
            : new NodeState(
                now.number() + 1,
                now.nodeId(),
                Phase.STOPPING,
                now.role(),
                now.term(),
                now.leader(),
                now.firstCommit(),
                now.cause()));
  }

  private dengine.proto.v1.NodeState written(NodeState now) {
    dengine.proto.v1.NodeState.Builder state =
        dengine.proto.v1.NodeState.newBuilder()
            .setNumber(now.number())
            .setNodeId(now.nodeId())
            .setClusterId(identity.clusterId())
            .setPhase(phase(now.phase()))
            .setTerm(now.term())
            .setFirstCommit(now.firstCommit().orElse(0))
            .setCause(now.cause().orElse(""));
    now.role().ifPresent(role -> state.setRole(role(role)));
    now.leader()
        .ifPresent(
            leader ->
                state.setLeader(
                    dengine.proto.v1.NodeState.Leader.newBuilder()
                        .setId(leader.id())
                        .setAddress(leader.address())));
    return state.build();
  }

  private static dengine.proto.v1.NodeState.Phase phase(Phase phase) {
    return switch (phase) {
      case WAITING -> dengine.proto.v1.NodeState.Phase.PHASE_WAITING;
      case SERVING -> dengine.proto.v1.NodeState.Phase.PHASE_SERVING;
      // Who is told over the network cannot tell the two apart: the connection ends first.
      case STOPPING, STOPPED, UNREACHABLE -> dengine.proto.v1.NodeState.Phase.PHASE_STOPPING;
    };
  }

  private static dengine.proto.v1.NodeState.Role role(Member.Role role) {
    return switch (role) {
      case LEADER -> dengine.proto.v1.NodeState.Role.ROLE_LEADER;
      case FOLLOWER -> dengine.proto.v1.NodeState.Role.ROLE_FOLLOWER;
      case CANDIDATE -> dengine.proto.v1.NodeState.Role.ROLE_CANDIDATE;
      case LEARNER -> dengine.proto.v1.NodeState.Role.ROLE_LEARNER;
    };
  }

  @Override
  public void close() {
    streams.close();
    endHealth.run();
  }
}
