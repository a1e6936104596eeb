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

/// Tells what becomes of this node, until it stops: the last that is told is `STOPPING`, with the
/// cause if the node stopped by itself, and then the call ends with `UNAVAILABLE`. A caller that is
/// behind is told that too, and nobody waits for him.
///
/// `STOPPED` is never told. It says that everything was released, and the connections are what a
/// node releases first: its peers elect sooner when they break, so they must not last until the log
/// was synced and closed, which a broken disk may keep from ever happening. Whoever needs to know
/// that the data may be used by somebody else asks for its lock, or waits for the process to end.
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
        new WatchStreams<>(
            MAX_WATCHES,
            "the node's state",
            lifecycle::watch,
            LifecycleService::isLast,
            this::farewell);
  }

  /// Of a node that takes no part any more: it has stopped by itself, and its connections are about
  /// to end. One that is closed says before that that it is about to stop.
  private static boolean isLast(NodeState now) {
    return now.isEnding() && now.role().isEmpty();
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

  /// The streams of a node that is closed end before it does, so that nobody keeps it from
  /// stopping.
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
      // A caller who comes at the very end could meet STOPPED; to him it is the same.
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
