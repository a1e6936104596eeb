package dengine.api;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// What becomes of a node: when it serves, who leads, when it stops. `EmbeddedEngine` tells of the
/// node in this process, `GrpcClient` of one of the cluster's. Safe for any number of threads.
///
/// ```java
/// engine.lifecycle().watch(now -> {
///   if (now.isLeader()) { resume(); } else { pause(); }
/// });
/// ```
///
/// **By levels, not by edges.** Whoever begins to watch is told the present state first, and then
/// every one after it, in their order, never an older one after a newer one. So it does not matter
/// what happened before, and what is told last is so.
///
/// **Nobody holds up the node.** States wait for a listener that takes its time. When more than
/// [#MAX_WAITING] do, all but the newest are left out; [NodeState#number] shows how many.
public interface Lifecycle {

  /// Most states that wait for a listener.
  int MAX_WAITING = 64;

  /// The present state.
  ///
  /// @throws ClusterUnavailableException if it is another process's, which does not answer in time
  NodeState state();

  /// Tells the present state and every one after it.
  ///
  /// @param listener called by one thread at a time, never by one that the node needs: it may wait.
  ///     What it throws is logged; it is told the next state all the same
  Admin.Watching watch(Consumer<? super NodeState> listener);

  /// Who leads at present, as far as the node knows.
  default Optional<Leader> leader() {
    return state().leader();
  }

  /// The node's term at present.
  default long term() {
    return state().term();
  }

  /// Waits until the node serves: it knows a leader; if it leads itself, it has applied what its
  /// predecessors committed.
  ///
  /// @throws ClusterUnavailableException if that takes longer, or the thread is interrupted
  /// @throws EngineStoppedException if the node stops because something in it broke
  /// @throws ClosedException if it was closed
  default Leader waitReady(Duration timeout) {
    NodeState ready = await(NodeState::isServing, timeout);
    return ready.leader().orElseThrow();
  }

  /// Waits until the node is as wanted.
  ///
  /// @param wanted asked for the present state and for each one after it
  /// @return the first state that is as wanted
  /// @throws ClusterUnavailableException if that takes longer, or the thread is interrupted
  /// @throws EngineStoppedException if it is not, and the node stops because something in it broke
  /// @throws ClosedException if it is not, and the node was closed
  default NodeState await(Predicate<? super NodeState> wanted, Duration timeout) {
    CompletableFuture<NodeState> answer = new CompletableFuture<>();
    Admin.Watching watching =
        watch(
            now -> {
              try {
                if (wanted.test(now)) {
                  answer.complete(now);
                } else if (now.phase() == NodeState.Phase.STOPPED) {
                  answer.completeExceptionally(stopped(now));
                }
              } catch (RuntimeException e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ClusterUnavailableException(
          "the node did not become as wanted within " + timeout.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while waiting for a state", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      watching.close();
    }
  }

  private static DEngineException stopped(NodeState now) {
    return now.cause()
        .<DEngineException>map(
            why -> new EngineStoppedException("node " + now.nodeId() + " stopped: " + why))
        .orElseGet(() -> new ClosedException("the engine"));
  }
}
