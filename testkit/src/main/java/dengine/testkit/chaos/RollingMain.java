package dengine.testkit.chaos;

import dengine.api.DEngineException;
import dengine.client.GrpcClient;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/// Each of three servers is restarted in turn, the leader after it handed its leadership over,
/// while clients write: no call may fail.
///
/// Servers and clients have their default settings. A gap is a time in which no client got an
/// acknowledgement; of each restart the longest one counts. Flags: see [#USAGE]; with `--max-gap`
/// the 99th percentile of these must not be longer. Properties as for [ChaosMain].
public final class RollingMain {

  private static final String USAGE = "--rounds N  --clients N  --max-gap MILLIS";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long STEADY_MILLIS = 1_000;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final Gaps acknowledged = new Gaps();
  private final Percentiles latencies = new Percentiles();
  private final Percentiles longest = new Percentiles();
  private final Percentiles ofLeaders = new Percentiles();
  private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
  private volatile boolean running = true;

  private RollingMain(ProcessCluster cluster, ProcessTarget target) {
    this.cluster = cluster;
    this.target = target;
  }

  /// Exit code 0 if no call failed and the gap is as wanted, 1 otherwise.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags =
        ChaosOptions.flags(arguments, Set.of("rounds", "clients", "max-gap"), USAGE);
    int rounds = ChaosOptions.number(flags, "rounds", 3);
    int clients = ChaosOptions.number(flags, "clients", 8);
    int maxGap = ChaosOptions.number(flags, "max-gap", Integer.MAX_VALUE);
    Path directory = ChaosMain.directory();
    System.out.println("rolling: data and logs in " + directory);
    ProcessCluster cluster =
        ProcessCluster.start(ChaosMain.setup(directory).withJvmOptions("-Xmx512m"));
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      passed = new RollingMain(cluster, target).run(rounds, clients, maxGap);
    }
    System.exit(passed ? 0 : 1);
  }

  private boolean run(int rounds, int clients, int maxGap) throws InterruptedException {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      String key = "rolling-" + i;
      writers.add(Thread.ofPlatform().daemon().name(key).start(() -> write(key)));
    }
    for (int round = 1; round <= rounds; round++) {
      for (int node : cluster.nodes()) {
        restart(node);
      }
    }
    running = false;
    for (Thread writer : writers) {
      writer.join();
    }
    List<String> troubles = new ArrayList<>(failures);
    troubles.addAll(cluster.deaths());
    boolean quick = longest.millis(0.99) <= maxGap;
    boolean passed = troubles.isEmpty() && quick;
    troubles.stream().limit(20).forEach(trouble -> System.out.println("FAILURE " + trouble));
    System.out.printf(
        "RESULT rolling passed=%s restarts=%d of_leaders=%d calls=%d failed_calls=%d"
            + " longest_gap_ms=%.1f p99_gap_ms=%.1f median_gap_ms=%.1f longest_gap_leader_ms=%.1f"
            + " p50_call_ms=%.2f p99_call_ms=%.2f p999_call_ms=%.2f%n",
        passed ? "yes" : "no",
        longest.count(),
        ofLeaders.count(),
        latencies.count(),
        failures.size(),
        longest.millis(1),
        longest.millis(0.99),
        longest.millis(0.5),
        ofLeaders.millis(1),
        latencies.millis(0.5),
        latencies.millis(0.99),
        latencies.millis(0.999));
    return passed;
  }

  private void restart(int node) throws InterruptedException {
    awaitAllFollowing();
    TimeUnit.MILLISECONDS.sleep(STEADY_MILLIS);
    Optional<Integer> leader = target.leader();
    boolean leads = leader.isPresent() && leader.get() == node;
    int from = acknowledged.count();
    if (leads) {
      try (GrpcClient operator =
          GrpcClient.builder(String.join(",", cluster.endpoints())).connect()) {
        operator.admin().transferLeadership(0);
      } catch (DEngineException failed) {
        failures.add("transfer of leadership from node " + node + ": " + failed);
      }
    }
    int code = cluster.stop(node);
    // Ended by SIGTERM, as a Java process says when its work was done.
    if (code != 0 && code != 128 + 15) {
      failures.add("node " + node + " stopped with " + code);
    }
    cluster.start(node);
    awaitAllFollowing();
    Duration gap = acknowledged.longestSince(from);
    longest.add(gap.toNanos());
    if (leads) {
      ofLeaders.add(gap.toNanos());
    }
    System.out.printf(
        "node %d restarted%s: longest gap %.1f ms%n",
        node, leads ? ", which led" : "", gap.toNanos() / 1e6);
  }

  private void awaitAllFollowing() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!target.nodes().stream().allMatch(target::follows)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("not all nodes follow a leader within " + PATIENCE);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private void write(String key) {
    try (GrpcClient client = GrpcClient.builder(String.join(",", cluster.endpoints())).connect()) {
      for (long number = 0; running; number++) {
        long start = System.nanoTime();
        try {
          client.put(key, "v" + number);
          acknowledged.happened();
          latencies.add(System.nanoTime() - start);
        } catch (DEngineException failed) {
          failures.add(failed.toString());
        }
      }
    }
  }
}
