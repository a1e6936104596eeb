package dengine.engine;

import dengine.engine.spi.Execution;
import dengine.engine.spi.MetaStore;
import dengine.raft.Membership;
import dengine.raft.RaftOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;

/// Nodes in one JVM with disks in memory, for the tests that extend it.
abstract class NodesFixture {

  static final Duration LONG = Duration.ofSeconds(20);
  static final NodeOptions QUICK =
      NodeOptions.DEFAULT.withRaft(
          RaftOptions.DEFAULT.withTiming(Duration.ofMillis(300), Duration.ofMillis(50)));

  final Map<Integer, MemoryStorage> disks = new TreeMap<>();
  final Map<Integer, Journal> journals = new TreeMap<>();
  final Map<Integer, Node> nodes = new TreeMap<>();
  final Hub hub = new Hub();
  Execution execution = Execution.THREADS;

  @AfterEach
  void stopAll() {
    disks.values().forEach(MemoryStorage::release);
    nodes.values().forEach(Node::close);
  }

  Node alone(NodeOptions options) {
    Node node = start(1, Membership.of(1), options);
    node.waitReady(LONG);
    return node;
  }

  void startThree() {
    for (int id = 1; id <= 3; id++) {
      start(id, Membership.of(1, 2, 3), QUICK);
    }
    until(() -> nodes.values().stream().anyMatch(Node::isLeading));
  }

  Node leader() {
    return nodes.values().stream().filter(Node::isLeading).findFirst().orElseThrow();
  }

  Node start(int id, Membership membership, NodeOptions options) {
    MemoryStorage disk = disks.computeIfAbsent(id, key -> new MemoryStorage());
    Journal journal = new Journal();
    journals.put(id, journal);
    Node node =
        new NodeBuilder(new MetaStore.Identity(7, id), membership)
            .storage(disk)
            .stateMachine(journal)
            .transport(hub.transportOf(id))
            .options(options)
            .execution(execution)
            .start();
    nodes.put(id, node);
    return node;
  }

  static CompletableFuture<Object> propose(Node node, String line, Duration timeout) {
    CompletableFuture<Object> future = new CompletableFuture<>();
    node.propose(
        bytes(line),
        timeout,
        (result, failure) -> {
          if (failure == null) {
            future.complete(result);
          } else {
            future.completeExceptionally(failure);
          }
        });
    return future;
  }

  static byte[] bytes(String line) {
    return line.getBytes(StandardCharsets.UTF_8);
  }

  /// Waits for a state of the running nodes that no event announces; the test's timeout bounds it
  /// by an interrupt.
  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("it did not come to what was waited for");
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }
}
