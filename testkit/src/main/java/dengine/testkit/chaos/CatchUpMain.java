package dengine.testkit.chaos;

import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// A follower of three servers is away while clients write gigabytes, comes back, and gets a
/// snapshot and the rest of the log while they go on writing; then, while nobody writes, once more,
/// interrupted again and again by `kill -9` of itself, and once of the sender.
///
/// Clients overwrite a bounded number of keys, so that the snapshot is as large as was asked for.
/// Of the first time it is told how fast and how late the clients were answered before, during
/// and after, and how the transfer compares to one plain connection and one plain file of that
/// size, measured while nobody writes. Of the second time, how many bytes were sent, and how many
/// of them the receiver had on its disk already, for which there is a bound: one piece each time.
/// Flags: see [#USAGE]. Properties as for [ChaosMain].
public final class CatchUpMain {

  private static final String USAGE =
      "--gigabytes X  --snapshot-gigabytes X  --value-bytes N  --clients N  --interruptions N "
          + " --seed N";
  private static final Duration PATIENCE = Duration.ofMinutes(30);
  private static final long GIB = 1L << 30;
  private static final long MIB = 1L << 20;

  /// So much of the log stays for those who were away for a moment only.
  private static final long RETAINED_MIB = 16;

  /// The default of `raft.snapshot.chunk_size`.
  private static final long PIECE = 256 << 10;

  private static final int SECONDS_BEFORE_AND_AFTER = 5;
  private static final int ATTEMPTS = 3;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final Options options;
  private final Random random;
  private final List<String> troubles = new ArrayList<>();

  private record Options(
      double gigabytes,
      double snapshotGigabytes,
      int valueBytes,
      int clients,
      int interruptions,
      long seed) {

    static Options parse(String[] arguments) {
      Map<String, String> flags =
          ChaosOptions.flags(
              arguments,
              Set.of(
                  "gigabytes",
                  "snapshot-gigabytes",
                  "value-bytes",
                  "clients",
                  "interruptions",
                  "seed"),
              USAGE);
      double gigabytes = Double.parseDouble(flags.getOrDefault("gigabytes", "5"));
      return new Options(
          gigabytes,
          Double.parseDouble(flags.getOrDefault("snapshot-gigabytes", "" + gigabytes / 5)),
          ChaosOptions.number(flags, "value-bytes", 8 << 10),
          ChaosOptions.number(flags, "clients", 16),
          ChaosOptions.number(flags, "interruptions", 10),
          Long.parseLong(flags.getOrDefault("seed", "" + System.nanoTime())));
    }

    int keys() {
      return (int) Math.max(1, snapshotGigabytes * GIB / valueBytes);
    }

    /// One is taken each time as much was written as it is large.
    long snapshotMib() {
      return Math.max(4, (long) (snapshotGigabytes * GIB / MIB));
    }

    String settings() {
      return """

      [raft.snapshot]
      max_log_entries_before_snapshot = 100000000
      max_log_size_before_snapshot = "%dMiB"
      retained_log_size = "%dMiB"
      """
          .formatted(snapshotMib(), RETAINED_MIB);
    }

    /// A state, the one that a snapshot brings, what is replaced while a snapshot is written, and
    /// the log's own.
    String jvmOptions() {
      return "-Xmx" + (1024 + 4 * snapshotMib()) + "m";
    }
  }

  private CatchUpMain(ProcessCluster cluster, ProcessTarget target, Options options) {
    this.cluster = cluster;
    this.target = target;
    this.options = options;
    this.random = new Random(options.seed);
  }

  /// Exit code 0 if all is well, 1 if not.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options options = Options.parse(arguments);
    Path directory = ChaosMain.directory();
    System.out.println("catch up: " + options + ", data and logs in " + directory);
    ProcessCluster.Setup setup = ChaosMain.setup(directory);
    ProcessCluster cluster =
        ProcessCluster.start(
            setup
                .with(3, options.settings() + setup.settings())
                .withJvmOptions(options.jvmOptions())
                .withoutProxies());
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      passed = new CatchUpMain(cluster, target, options).run(directory);
    }
    System.exit(passed ? 0 : 1);
  }

  private boolean run(Path directory) throws IOException, InterruptedException {
    int follower = anyFollower();
    Transfer whole;
    try (Overwriting load =
        Overwriting.start(target, options.clients, options.keys(), options.valueBytes)) {
      load.await((long) options.keys() * options.valueBytes, PATIENCE);
      whole = catchUp(follower, load);
      interrupt(follower, load);
    }
    reportRate(whole, directory);
    troubles.addAll(cluster.deaths());
    troubles.forEach(trouble -> System.out.println("FAILURE " + trouble));
    System.out.printf(
        "RESULT catch-up passed=%s seed=%d%n", troubles.isEmpty() ? "yes" : "no", options.seed);
    return troubles.isEmpty();
  }

  private Transfer catchUp(int follower, Overwriting load)
      throws IOException, InterruptedException {
    load.takePart();
    TimeUnit.SECONDS.sleep(SECONDS_BEFORE_AND_AFTER);
    final Overwriting.Part before = load.takePart();
    beAway(follower, load, options.gigabytes);
    load.takePart();
    long start = System.nanoTime();
    NodeLog log = NodeLog.fromNow(cluster.log(follower));
    cluster.start(follower);
    final Transfer transfer = Transfer.await(log, PATIENCE);
    awaitCaughtUp(follower);
    double seconds = (System.nanoTime() - start) / 1e9;
    Overwriting.Part during = load.takePart();
    TimeUnit.SECONDS.sleep(SECONDS_BEFORE_AND_AFTER);
    Overwriting.Part after = load.takePart();
    System.out.printf(
        "RESULT catch-up part=load missed_gib=%.2f seconds=%.1f before_per_s=%.0f"
            + " during_per_s=%.0f after_per_s=%.0f p99_before_ms=%.1f p99_during_ms=%.1f"
            + " p99_after_ms=%.1f%n",
        options.gigabytes,
        seconds,
        before.perSecond(),
        during.perSecond(),
        after.perSecond(),
        before.p99Millis(),
        during.p99Millis(),
        after.p99Millis());
    return transfer;
  }

  private void reportRate(Transfer transfer, Path directory)
      throws IOException, InterruptedException {
    double loopback = Yardstick.loopback(transfer.bytes());
    double disk = Yardstick.disk(directory, transfer.bytes());
    System.out.printf(
        "RESULT catch-up part=rate snapshot_mib=%.1f transfer_mib_per_s=%.1f"
            + " loopback_mib_per_s=%.1f disk_mib_per_s=%.1f of_loopback=%.3f of_disk=%.3f%n",
        transfer.bytes() / (double) MIB,
        transfer.perSecond() / MIB,
        loopback / MIB,
        disk / MIB,
        transfer.perSecond() / loopback,
        transfer.perSecond() / disk);
  }

  private void interrupt(int follower, Overwriting load) throws IOException, InterruptedException {
    Interruptions interruptions =
        new Interruptions(cluster, follower, options.interruptions, random, PATIENCE);
    double enough = (2.0 * options.snapshotMib() + 2.0 * RETAINED_MIB) / 1024;
    beAwayInSilence(follower, load, enough);
    interruptions.ofReceiver(node -> beAwayInSilence(node, load, enough));
    awaitCaughtUp(follower);
    System.out.println(interruptions.result(PIECE));
    troubles.addAll(interruptions.troubles(PIECE));
    boolean killed = false;
    for (int i = 0; i < ATTEMPTS && !killed; i++) {
      beAwayInSilence(follower, load, enough);
      killed = interruptions.ofSender();
      awaitCaughtUp(follower);
    }
    if (!killed) {
      troubles.add("the snapshot was always there before its sender was killed");
    }
  }

  private void beAway(int follower, Overwriting load, double gigabytes)
      throws InterruptedException {
    cluster.kill(follower);
    load.await((long) (gigabytes * GIB), PATIENCE);
  }

  /// Afterwards nobody writes: when the log no longer reaches back to the file that was begun,
  /// another one has to be sent (rule C7), and nothing would be seen of going on with it.
  private void beAwayInSilence(int follower, Overwriting load, double gigabytes)
      throws InterruptedException {
    load.pause(false);
    beAway(follower, load, gigabytes);
    load.pause(true);
  }

  private int anyFollower() {
    Optional<Integer> leader = target.leader();
    return cluster.nodes().stream()
        .filter(node -> leader.isEmpty() || node.intValue() != leader.get())
        .findFirst()
        .orElseThrow();
  }

  /// Until the leader says that a node is hardly behind.
  private void awaitCaughtUp(int node) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (target.lag(node).orElse(Long.MAX_VALUE) > 1_000) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("node " + node + " is still behind after " + PATIENCE);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
