package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Membership;
import dengine.raft.RaftOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nodes that end while many threads use them: every call ends, and so does the node.
@Timeout(60)
final class ShutdownUnderLoadTest extends NodesFixture {

  private static final int NODES = 200;

  /// Fewer, because each says why it stops, with a stack trace.
  private static final int BROKEN_NODES = 25;

  private static final int CALLERS = 6;
  private static final int MOST_UNDER_WAY = 8;

  private static final NodeOptions HASTY =
      new NodeOptions(
          RaftOptions.DEFAULT.withTiming(Duration.ofMillis(20), Duration.ofMillis(4)),
          NodeOptions.DEFAULT.persistence(),
          NodeOptions.DEFAULT.maxPendingCalls(),
          NodeOptions.DEFAULT.maxLogBatchBytes(),
          Duration.ofMillis(10));

  @Test
  void everyCallEndsWhenTheNodeIsClosed() throws Exception {
    for (int round = 0; round < NODES; round++) {
      Load load = new Load(fresh());

      LockSupport.parkNanos(round * 20_000L);
      load.node.close();

      assertThat(load.node.terminated()).isCompleted();
      load.mustEnd();
    }
  }

  @Test
  void everyCallEndsWhenTheDiskFails() throws Exception {
    for (int round = 0; round < BROKEN_NODES; round++) {
      Load load = new Load(fresh());

      LockSupport.parkNanos(round * 100_000L);
      disks.get(1).failNextForce = true;

      assertThat(load.node.terminated()).failsWithin(LONG);
      load.mustEnd();
    }
  }

  @Test
  void everyCallEndsWhenSeveralCloseAndTheStateMachineBreaks() throws Exception {
    for (int round = 0; round < BROKEN_NODES; round++) {
      Load load = new Load(fresh());

      CompletableFuture<Object> _ = propose(load.node, "break", LONG);
      List<Thread> closers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        closers.add(Thread.ofPlatform().start(load.node::close));
      }
      for (Thread closer : closers) {
        closer.join();
      }

      assertThat(load.node.terminated()).isDone();
      load.mustEnd();
    }
  }

  private Node fresh() {
    disks.clear();
    nodes.clear();
    Node node = start(1, Membership.of(1), HASTY);
    node.waitReady(LONG);
    return node;
  }

  /// Threads that make calls of every kind until the node refuses to go on.
  private static final class Load {
    final Node node;
    private final List<Thread> callers = new ArrayList<>();
    private final CountDownLatch busy = new CountDownLatch(CALLERS);

    Load(Node node) throws InterruptedException {
      this.node = node;
      for (int caller = 0; caller < CALLERS; caller++) {
        int kind = caller;
        callers.add(Thread.ofPlatform().daemon().start(() -> callUntilStopped(kind)));
      }
      busy.await();
    }

    private void callUntilStopped(int kind) {
      Deque<CompletableFuture<?>> underWay = new ArrayDeque<>();
      while (!endedBy(kind, underWay)) {
        busy.countDown();
      }
      busy.countDown();
      boolean _ = endedBy(kind, underWay); // and once more on what has ended
      underWay.forEach(Load::awaitEnd);
    }

    private boolean endedBy(int kind, Deque<CompletableFuture<?>> underWay) {
      try {
        switch (kind) {
          case 0 -> {
            Object _ = node.propose(bytes("blocking"), LONG);
          }
          case 1 -> node.awaitReadable(LONG);
          case 2 -> {
            NodeStatus _ = node.status();
          }
          case 3 -> underWay.add(node.transferLeadership(0));
          default -> underWay.add(propose(node, "async", LONG));
        }
      } catch (NodeException.Stopped | NodeException.OutcomeUnknown end) {
        return true;
      } catch (NodeException refused) {
        return false;
      }
      if (underWay.size() > MOST_UNDER_WAY) {
        awaitEnd(underWay.remove());
      }
      return node.terminated().isDone();
    }

    private static void awaitEnd(CompletableFuture<?> call) {
      boolean _ = call.handle((_, _) -> true).join();
    }

    /// A call that does not end keeps its caller from returning.
    void mustEnd() throws InterruptedException {
      for (Thread caller : callers) {
        assertThat(caller.join(Duration.ofSeconds(10))).as("a caller that returns").isTrue();
      }
    }
  }
}
