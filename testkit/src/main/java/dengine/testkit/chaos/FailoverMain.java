package dengine.testkit.chaos;

import dengine.api.DEngineException;
import dengine.api.RejectedException;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// How long a client that writes all the time gets no acknowledgement when the leader is killed:
/// the time between the last acknowledgement before the kill and the first one after it.
///
/// Default settings of the servers; one client with one write at a time. Flag: `--kills N`.
/// Properties as for [ChaosMain].
public final class FailoverMain {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /// After all nodes follow the leader again, so that they have caught up.
  private static final long RECOVERY_MILLIS = 2_000;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final AtomicLong lastAcknowledged = new AtomicLong();
  private final AtomicLong unknown = new AtomicLong();
  private volatile boolean running = true;

  private FailoverMain(ProcessCluster cluster, ProcessTarget target) {
    this.cluster = cluster;
    this.target = target;
  }

  /// Prints each gap, the median and the largest, in milliseconds.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags = ChaosOptions.flags(arguments, Set.of("kills"), "--kills N");
    int kills = ChaosOptions.number(flags, "kills", 20);
    Path directory = ChaosMain.directory();
    ProcessCluster cluster = ProcessCluster.start(setup(directory));
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      new FailoverMain(cluster, target).run(kills);
    }
  }

  private static ProcessCluster.Setup setup(Path directory) {
    ProcessCluster.Setup chaos = ChaosMain.setup(directory);
    // Servers as a user starts them.
    return chaos.withJvmOptions("-Xmx512m");
  }

  private void run(int kills) throws InterruptedException {
    Thread writer = Thread.ofPlatform().daemon().name("writer").start(this::write);
    List<Double> gaps = new ArrayList<>();
    while (gaps.size() < kills) {
      awaitAllFollowing();
      TimeUnit.MILLISECONDS.sleep(RECOVERY_MILLIS);
      Optional<Integer> leader = target.leader();
      if (leader.isPresent()) {
        double gap = gapAfterKilling(leader.get());
        gaps.add(gap);
        System.out.printf(
            "kill %d: leader was node %d, gap %.0f ms%n", gaps.size(), leader.get(), gap);
      }
    }
    running = false;
    writer.join();
    List<Double> sorted = gaps.stream().sorted().toList();
    System.out.printf(
        "kills %d, gap median %.0f ms, maximum %.0f ms, writes of unknown outcome %d%n",
        kills, sorted.get(sorted.size() / 2), sorted.getLast(), unknown.get());
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

  private double gapAfterKilling(int leader) throws InterruptedException {
    cluster.kill(leader);
    // Whatever is acknowledged from here on was acknowledged by the next leader, except for an
    // answer that
    // the dead one had sent; that one must not end the gap.
    TimeUnit.MILLISECONDS.sleep(5);
    long last = lastAcknowledged.get();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (lastAcknowledged.get() == last) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("no acknowledgement within " + PATIENCE);
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
    double gap = (lastAcknowledged.get() - last) / 1e6;
    cluster.start(leader);
    return gap;
  }

  private void write() {
    String endpoints = String.join(",", cluster.endpoints());
    try (GrpcClient client =
        GrpcClient.builder(endpoints).deadline(ProcessTarget.DEADLINE).connect()) {
      for (long number = 0; running; number++) {
        try {
          client.put("failover", "v" + number);
          lastAcknowledged.set(System.nanoTime());
        } catch (RejectedException tryAgain) {
          // Nothing was written; the next attempt follows.
        } catch (DEngineException lost) {
          unknown.incrementAndGet();
        }
      }
    }
  }
}
