package dengine.testkit.chaos;

import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// How large the log of each node of a busy and of an idle cluster becomes, looked at ten times a
/// second. It must stay within its bound: what is kept before a snapshot, what arrives until the
/// next one is finished, and that the log's files have fixed sizes.
///
/// Snapshots are taken after few megabytes, so that a short run sees many. For half of the time the
/// cluster is busy, then idle. Flags: see [#USAGE]. Properties as for [ChaosMain].
public final class LogBoundMain {

  private static final String USAGE = "--seconds N  --clients N  --value-bytes N";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long MIB = 1L << 20;
  private static final long MILLIS_BETWEEN = 100;

  private static final long INTERVAL = 8 * MIB;
  private static final long RETAINED = 8 * MIB;
  private static final String SETTINGS =
      """

      [raft.snapshot]
      max_log_size_before_snapshot = "8MiB"
      retained_log_size = "8MiB"
      """;

  /// Of what the clients write: so that a snapshot is small beside what arrives meanwhile.
  private static final long STATE = 4 * MIB;

  /// The first file that is needed may begin up to its size before what is kept; the last one is as
  /// large as it will ever be from its beginning; and so is the one that is prepared to follow.
  private static final int FILES = 3;

  /// For several snapshots, after which the first files must be gone; on a slow machine the busy
  /// half takes longer.
  private static final long ENOUGH = 6 * INTERVAL;

  private final ProcessCluster cluster;
  private final List<String> troubles = new ArrayList<>();
  private long largest;
  private long largestFile;
  private long samples;

  private LogBoundMain(ProcessCluster cluster) {
    this.cluster = cluster;
  }

  /// Exit code 0 if the log stayed within its bound and was cut off, 1 otherwise.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags =
        ChaosOptions.flags(arguments, Set.of("seconds", "clients", "value-bytes"), USAGE);
    int seconds = ChaosOptions.number(flags, "seconds", 60);
    int clients = ChaosOptions.number(flags, "clients", 32);
    int valueBytes = ChaosOptions.number(flags, "value-bytes", 32 << 10);
    Path directory = ChaosMain.directory();
    System.out.println("log bound: data and logs in " + directory);
    ProcessCluster.Setup setup = ChaosMain.setup(directory);
    ProcessCluster cluster =
        ProcessCluster.start(setup.with(3, SETTINGS + setup.settings()).withJvmOptions("-Xmx1g"));
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      passed = new LogBoundMain(cluster).run(target, seconds, clients, valueBytes);
    }
    System.exit(passed ? 0 : 1);
  }

  private boolean run(ProcessTarget target, int seconds, int clients, int valueBytes)
      throws InterruptedException {
    int keys = (int) Math.max(1, STATE / valueBytes);
    long written;
    String lastFailure;
    try (Overwriting load = Overwriting.start(target, clients, keys, valueBytes)) {
      watch(seconds / 2.0);
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (load.bytes() < ENOUGH && System.nanoTime() < end) {
        watch(1);
      }
      written = load.bytes();
      lastFailure = load.lastFailure();
    }
    watch(seconds / 2.0);
    troubles.addAll(target.deaths());
    long bound = RETAINED + 2 * INTERVAL + FILES * largestFile;
    if (largest > bound) {
      troubles.add("a log had %d bytes, permitted are %d".formatted(largest, bound));
    }
    if (written < ENOUGH) {
      troubles.add(
          "only %d bytes were written, which shows nothing; the last failure: %s"
              .formatted(written, lastFailure));
    }
    for (int node : cluster.nodes()) {
      if (folder(node).firstLogFile() < 2) {
        troubles.add("node " + node + " has never cut its log off");
      }
    }
    troubles.forEach(trouble -> System.out.println("FAILURE " + trouble));
    System.out.printf(
        "RESULT log-bound passed=%s max_log_mib=%.1f bound_mib=%.1f largest_file_mib=%.1f"
            + " written_mib=%d samples=%d seconds=%d%n",
        troubles.isEmpty() ? "yes" : "no",
        largest / (double) MIB,
        bound / (double) MIB,
        largestFile / (double) MIB,
        written / MIB,
        samples,
        seconds);
    return troubles.isEmpty();
  }

  private void watch(double seconds) throws InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      for (int node : cluster.nodes()) {
        Folder folder = folder(node);
        largest = Math.max(largest, folder.logBytes());
        folder.logFiles().forEach(f -> largestFile = Math.max(largestFile, Folder.size(f)));
        samples++;
      }
      TimeUnit.MILLISECONDS.sleep(MILLIS_BETWEEN);
    }
  }

  private Folder folder(int node) {
    return new Folder(cluster.data(node));
  }
}
