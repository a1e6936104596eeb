package dengine.bench;

import com.sun.management.OperatingSystemMXBean;
import dengine.bench.Cluster.Durability;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// P20: what three nodes cost that do nothing.
final class IdleCluster {

  /// What starting has compiled and collected is not what an idle cluster costs.
  private static final Duration SETTLE = Duration.ofSeconds(60);
  private static final Duration TIME = Duration.ofSeconds(20);

  private IdleCluster() {}

  static void run(Options options, Report report) throws Exception {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (Cluster cluster = Cluster.three(options, Durability.DISK)) {
      TimeUnit.NANOSECONDS.sleep(SETTLE.toNanos());
      long own = system.getProcessCpuTime();
      long followers = cluster.followersCpu().toNanos();
      TimeUnit.NANOSECONDS.sleep(TIME.toNanos());
      own = system.getProcessCpuTime() - own;
      followers = cluster.followersCpu().toNanos() - followers;
      report.atMost(
          "P20: idle cluster, all three nodes",
          100.0 * (own + followers) / TIME.toNanos(),
          " % of a core",
          1,
          "not measured",
          "leader %.2f %%, followers together %.2f %%"
              .formatted(100.0 * own / TIME.toNanos(), 100.0 * followers / TIME.toNanos()));
    }
  }
}
