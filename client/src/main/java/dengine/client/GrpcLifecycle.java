package dengine.client;

import dengine.api.Admin;
import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.Lifecycle;
import dengine.api.NodeState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Predicate;

/// What becomes of a node of the cluster, over gRPC.
final class GrpcLifecycle implements Lifecycle {

  private final AdminServers servers;
  private final Duration deadline;
  private final LongFunction<List<String>> addresses;
  private final boolean mayLeave;

  private GrpcLifecycle(
      AdminServers servers,
      Duration deadline,
      LongFunction<List<String>> addresses,
      boolean mayLeave) {
    this.servers = servers;
    this.deadline = deadline;
    this.addresses = addresses;
    this.mayLeave = mayLeave;
  }

  /// Of any node, and of another one when that is gone.
  static Lifecycle ofAny(AdminServers servers, Duration deadline) {
    return new GrpcLifecycle(servers, deadline, servers::addresses, true);
  }

  /// Of the node at this address.
  static Lifecycle ofOne(AdminServers servers, Duration deadline, String address) {
    return new GrpcLifecycle(servers, deadline, end -> List.of(address), false);
  }

  @Override
  public NodeState state() {
    return await(now -> now.phase() != NodeState.Phase.UNREACHABLE, deadline);
  }

  @Override
  public Admin.Watching watch(Consumer<? super NodeState> listener) {
    return watch(listener, () -> {});
  }

  private Admin.Watching watch(Consumer<? super NodeState> listener, Runnable whenOver) {
    return ServerWatch.start(
        servers, addresses, new StateWatch(servers.loop(), mayLeave, listener, whenOver));
  }

  @Override
  public NodeState await(Predicate<? super NodeState> wanted, Duration timeout) {
    servers.requireForeignThread();
    CompletableFuture<NodeState> answer = new CompletableFuture<>();
    Admin.Watching watching =
        watch(
            now -> answerIf(wanted, now, answer),
            () -> answer.completeExceptionally(new ClosedException("the client")));
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new ClusterUnavailableException(
          "no node told of what was waited for within " + timeout.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterUnavailableException("interrupted while waiting for a state", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException thrown
          ? thrown
          : new IllegalStateException(e.getCause());
    } finally {
      watching.close();
    }
  }

  private static void answerIf(
      Predicate<? super NodeState> wanted, NodeState now, CompletableFuture<NodeState> answer) {
    try {
      if (wanted.test(now)) {
        answer.complete(now);
      }
    } catch (RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }
}
