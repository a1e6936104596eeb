package dengine.cli.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/// The nodes of a development cluster, each a process of its own. They end when this process does,
/// however it ends: each one watches its standard input, a pipe from here.
public final class DevCluster implements AutoCloseable {

  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final int MOST_LOG_LINES = 5;

  private final Map<DevNode, Process> processes = new LinkedHashMap<>();

  private DevCluster() {}

  /// Starts the nodes.
  ///
  /// @param command how a node is started, to be followed by its options
  /// @param died told, on a thread of its own, of each node that ended and its exit code
  public static DevCluster start(
      List<DevNode> nodes, NodeCommand command, BiConsumer<DevNode, Integer> died)
      throws IOException {
    DevCluster cluster = new DevCluster();
    try {
      for (DevNode node : nodes) {
        Process process = command.start(node);
        cluster.processes.put(node, process);
      }
    } catch (IOException | RuntimeException e) {
      cluster.close();
      throw e;
    }
    cluster.processes.forEach(
        (node, process) ->
            Thread.ofVirtual().start(() -> died.accept(node, process.onExit().join().exitValue())));
    return cluster;
  }

  /// The process of each node.
  public Map<DevNode, Long> processIds() {
    Map<DevNode, Long> ids = new LinkedHashMap<>();
    processes.forEach((node, process) -> ids.put(node, process.pid()));
    return ids;
  }

  /// Whether at least one node runs.
  public boolean isAlive() {
    return processes.values().stream().anyMatch(Process::isAlive);
  }

  /// Waits until the last node has ended.
  public void awaitEnd() {
    CompletableFuture.allOf(
            processes.values().stream().map(Process::onExit).toArray(CompletableFuture[]::new))
        .join();
  }

  /// Stops all nodes gracefully and, those that take too long, by force. Returns when all have
  /// ended.
  @Override
  public void close() {
    List<CompletableFuture<Process>> endings = new ArrayList<>();
    for (Process process : processes.values()) {
      // Ctrl-C reaches the whole terminal; otherwise this is how they learn of it.
      process.destroy();
      endings.add(process.onExit());
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(endings.toArray(CompletableFuture[]::new));
    try {
      all.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      processes.values().forEach(Process::destroyForcibly);
      all.join();
    } catch (InterruptedException e) {
      processes.values().forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The last lines that a node logged.
  public static List<String> lastLines(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return lines.subList(Math.max(0, lines.size() - MOST_LOG_LINES), lines.size());
    } catch (IOException e) {
      return List.of();
    }
  }
}
