package dengine.embedded;

import dengine.api.Admin;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.Member;
import dengine.api.NodeState;
import dengine.engine.Condition;
import dengine.engine.Node;
import dengine.engine.NodeException;
import dengine.raft.RoleChange;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// What becomes of the node in this process.
final class EmbeddedLifecycle implements Lifecycle {

  private final Node node;
  private final Members members;

  EmbeddedLifecycle(Node node, Members members) {
    this.node = node;
    this.members = members;
  }

  @Override
  public NodeState state() {
    return state(node.condition());
  }

  @Override
  public Admin.Watching watch(Consumer<? super NodeState> listener) {
    return node.watchCondition(now -> listener.accept(state(now)))::close;
  }

  @Override
  public NodeState await(Predicate<? super NodeState> wanted, Duration timeout) {
    try {
      return state(node.await(now -> wanted.test(state(now)), timeout));
    } catch (NodeException failure) {
      throw new Failures(members).of(failure);
    }
  }

  private NodeState state(Condition now) {
    Optional<Leader> leader =
        now.leader() == 0
            ? Optional.empty()
            : Optional.of(new Leader(now.leader(), members.address(now.leader()), now.term()));
    return new NodeState(
        now.number(),
        node.id(),
        phase(now.phase()),
        now.role().map(EmbeddedLifecycle::role),
        now.term(),
        leader,
        now.firstCommit() == 0 ? OptionalLong.empty() : OptionalLong.of(now.firstCommit()),
        now.cause().map(EmbeddedLifecycle::text));
  }

  private static NodeState.Phase phase(Condition.Phase phase) {
    return switch (phase) {
      case WAITING -> NodeState.Phase.WAITING;
      case SERVING -> NodeState.Phase.SERVING;
      case STOPPING -> NodeState.Phase.STOPPING;
      case STOPPED -> NodeState.Phase.STOPPED;
    };
  }

  private static Member.Role role(RoleChange.Kind role) {
    return switch (role) {
      case FOLLOWER, PRE_CANDIDATE -> Member.Role.FOLLOWER;
      case CANDIDATE -> Member.Role.CANDIDATE;
      case LEADER -> Member.Role.LEADER;
      case LEARNER -> Member.Role.LEARNER;
    };
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
