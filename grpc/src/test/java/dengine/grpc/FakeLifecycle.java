package dengine.grpc;

import dengine.api.Admin;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.Member;
import dengine.api.NodeState;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// A node without an engine, which becomes what it is told to.
final class FakeLifecycle implements Lifecycle {

  final Set<Consumer<? super NodeState>> listeners = ConcurrentHashMap.newKeySet();

  private NodeState present;

  FakeLifecycle(int nodeId) {
    present =
        new NodeState(
            1,
            nodeId,
            NodeState.Phase.WAITING,
            Optional.of(Member.Role.FOLLOWER),
            0,
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty());
  }

  @Override
  public synchronized NodeState state() {
    return present;
  }

  @Override
  public synchronized Admin.Watching watch(Consumer<? super NodeState> listener) {
    listeners.add(listener);
    listener.accept(present);
    return () -> listeners.remove(listener);
  }

  /// Waits until there are so many listeners; the test's timeout bounds it by an interrupt.
  void awaitListeners(int count) throws InterruptedException {
    while (listeners.size() != count) {
      if (Thread.interrupted()) {
        throw new InterruptedException("listeners: " + listeners.size());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  void waits(long term) {
    become(NodeState.Phase.WAITING, Member.Role.CANDIDATE, term, Optional.empty(), 0);
  }

  void follows(long term, int leader) {
    Leader known = new Leader(leader, "h:" + leader, term);
    become(NodeState.Phase.SERVING, Member.Role.FOLLOWER, term, Optional.of(known), 0);
  }

  void leads(long term, long firstCommit) {
    Leader self = new Leader(present.nodeId(), "h:" + present.nodeId(), term);
    become(NodeState.Phase.SERVING, Member.Role.LEADER, term, Optional.of(self), firstCommit);
  }

  synchronized void stops(String cause) {
    become(
        new NodeState(
            present.number() + 1,
            present.nodeId(),
            NodeState.Phase.STOPPING,
            Optional.empty(),
            present.term(),
            Optional.empty(),
            present.firstCommit(),
            Optional.of(cause)));
  }

  private synchronized void become(
      NodeState.Phase phase, Member.Role role, long term, Optional<Leader> leader, long first) {
    become(
        new NodeState(
            present.number() + 1,
            present.nodeId(),
            phase,
            Optional.of(role),
            term,
            leader,
            first == 0 ? OptionalLong.empty() : OptionalLong.of(first),
            Optional.empty()));
  }

  private void become(NodeState next) {
    present = next;
    listeners.forEach(listener -> listener.accept(next));
  }
}
