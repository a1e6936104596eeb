package dengine.client;

import dengine.api.Leader;
import dengine.api.Member;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import dengine.proto.v1.LifecycleGrpc;
import dengine.proto.v1.WatchStateRequest;
import io.grpc.ManagedChannel;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Tells what becomes of a node: of one and the same, or of one after the other. Whichever says it,
/// no term is told after a later one.
final class StateWatch implements ServerWatch.Story<dengine.proto.v1.NodeState> {

  private static final System.Logger LOGGER = System.getLogger(StateWatch.class.getName());

  /// An election takes no longer. A node that knows nobody may be cut off, or no member any more.
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final ClientLoop loop;
  private final boolean mayLeave;
  private final Consumer<? super NodeState> listener;
  private final Runnable whenOver;
  private NodeState told =
      new NodeState(
          0,
          0,
          Phase.UNREACHABLE,
          Optional.empty(),
          0,
          Optional.empty(),
          OptionalLong.empty(),
          Optional.empty());
  private boolean any;
  private @Nullable Future<?> leaving;

  /// @param mayLeave whether another node is asked when one knows no leader
  StateWatch(
      ClientLoop loop, boolean mayLeave, Consumer<? super NodeState> listener, Runnable whenOver) {
    this.loop = loop;
    this.mayLeave = mayLeave;
    this.listener = listener;
    this.whenOver = whenOver;
  }

  @Override
  public Iterator<dengine.proto.v1.NodeState> open(ManagedChannel server) {
    return LifecycleGrpc.newBlockingStub(server).watchState(WatchStateRequest.getDefaultInstance());
  }

  @Override
  public void tell(dengine.proto.v1.NodeState news, Runnable leave) {
    NodeState now = read(news);
    if (!mayLeave || now.phase() != Phase.WAITING) {
      stay();
    } else if (leaving == null) {
      leaveLater(leave); // its patience does not begin anew with each candidate
    }
    // Another node may be behind.
    if (now.term() >= told.term()) {
      tell(now);
    }
  }

  @Override
  public void unreachable() {
    stay();
    tell(
        new NodeState(
            told.number(),
            told.nodeId(),
            Phase.UNREACHABLE,
            Optional.empty(),
            told.term(),
            Optional.empty(),
            told.firstCommit(),
            Optional.empty()));
  }

  private void tell(NodeState now) {
    if (any && now.equals(told)) {
      return;
    }
    any = true;
    told = now;
    try {
      listener.accept(now);
    } catch (RuntimeException failure) {
      LOGGER.log(System.Logger.Level.ERROR, "a listener failed", failure);
    }
  }

  private void leaveLater(Runnable leave) {
    try {
      leaving =
          loop.schedule(
              () -> {
                leaving = null;
                leave.run();
              },
              PATIENCE_NANOS);
    } catch (RejectedExecutionException closed) {
      leave.run();
    }
  }

  private void stay() {
    Future<?> planned = leaving;
    leaving = null;
    if (planned != null) {
      planned.cancel(false);
    }
  }

  @Override
  public void ended() {
    whenOver.run();
  }

  private static NodeState read(dengine.proto.v1.NodeState told) {
    Optional<Leader> leader =
        told.hasLeader()
            ? Optional.of(
                new Leader(told.getLeader().getId(), told.getLeader().getAddress(), told.getTerm()))
            : Optional.empty();
    return new NodeState(
        told.getNumber(),
        told.getNodeId(),
        phase(told.getPhase(), leader.isPresent()),
        role(told.getRole()),
        told.getTerm(),
        leader,
        told.getFirstCommit() == 0 ? OptionalLong.empty() : OptionalLong.of(told.getFirstCommit()),
        told.getCause().isEmpty() ? Optional.empty() : Optional.of(told.getCause()));
  }

  /// What a newer server says and this client does not know counts as not serving.
  private static Phase phase(dengine.proto.v1.NodeState.Phase told, boolean hasLeader) {
    return switch (told) {
      case PHASE_SERVING -> hasLeader ? Phase.SERVING : Phase.WAITING;
      case PHASE_STOPPING -> Phase.STOPPING;
      case PHASE_WAITING, PHASE_UNSPECIFIED, UNRECOGNIZED -> Phase.WAITING;
    };
  }

  private static Optional<Member.Role> role(dengine.proto.v1.NodeState.Role told) {
    return switch (told) {
      case ROLE_FOLLOWER -> Optional.of(Member.Role.FOLLOWER);
      case ROLE_CANDIDATE -> Optional.of(Member.Role.CANDIDATE);
      case ROLE_LEADER -> Optional.of(Member.Role.LEADER);
      case ROLE_LEARNER -> Optional.of(Member.Role.LEARNER);
      case ROLE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
    };
  }
}
