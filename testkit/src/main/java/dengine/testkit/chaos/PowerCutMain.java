package dengine.testkit.chaos;

import dengine.testkit.disk.LoopDisk;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Power cuts of a whole cluster of real server processes: afterwards every acknowledged write must
/// be there, and none that was refused or never tried.
///
/// Each node has a file system of its own on a loop device. While clients write, all nodes are
/// frozen, so that nothing travels between them or to clients any more; what is on their platters
/// is kept ([LoopDisk] says what that means); the processes are killed, and started again on what
/// was kept. All acknowledgements that clients ever see were thus sent before the cut, and each
/// node's disk is as it was at one point in time after its last message. Some cuts come a moment
/// after such a start, into recovery and election.
///
/// The next cut goes on from there. With `--expect-loss yes` the nodes acknowledge before they sync
/// (`MemFirst`), and the run passes only if cuts lose acknowledged writes: the check can fail.
/// Flags: see [#USAGE]. Properties as for [ChaosMain].
public final class PowerCutMain {

  private static final String USAGE = "--cuts N  --seed N  --expect-loss yes|no";

  /// With the default of 50 ms a few cuts in a row may find everything synced.
  private static final String ACKNOWLEDGE_FIRST =
      """

      [raft.persistence]
      strategy = "MemFirst"
      flush_interval = "2s"
      """;

  /// So that cuts come while snapshots are written and the log is cut off, too.
  private static final String SMALL_SNAPSHOTS =
      """

      [raft.snapshot]
      max_log_entries_before_snapshot = 100
      retained_log_entries = 20
      """;

  private static final long DISK_BYTES = 1L << 30;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int CLIENTS = 16;
  private static final int WRITES_BEFORE_CUT = 200;
  private static final int MAX_LOAD_MILLIS = 1_500;
  private static final int MAX_MILLIS_INTO_START = 4_000;

  /// One cut in this many is followed by another one during the start.
  private static final int SECOND_CUT_EVERY = 4;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final List<LoopDisk> disks;
  private final Ledger ledger = new Ledger();
  private final Random random;
  private final boolean expectLoss;
  private int cuts;
  private int intoStarts;
  private int lost;
  private int cutsWithLoss;

  private PowerCutMain(
      ProcessCluster cluster, ProcessTarget target, List<LoopDisk> disks, Options options) {
    this.cluster = cluster;
    this.target = target;
    this.disks = disks;
    this.random = new Random(options.seed);
    this.expectLoss = options.expectLoss;
  }

  private record Options(int cuts, long seed, boolean expectLoss) {
    static Options parse(String[] arguments) {
      Map<String, String> flags =
          ChaosOptions.flags(arguments, Set.of("cuts", "seed", "expect-loss"), USAGE);
      return new Options(
          ChaosOptions.number(flags, "cuts", 20),
          Long.parseLong(flags.getOrDefault("seed", "" + System.nanoTime())),
          flags.getOrDefault("expect-loss", "no").equals("yes"));
    }
  }

  /// Exit code 0 if all is well, 1 with a stack trace if not, 77 if this machine cannot do it.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options options = Options.parse(arguments);
    Optional<String> whyNot = LoopDisk.whyNot();
    if (whyNot.isPresent()) {
      System.out.println("SKIPPED power-cut: " + whyNot.get());
      System.exit(Skipped.EXIT_CODE);
    }
    Path directory = ChaosMain.directory();
    System.out.println("power cut: " + options + ", data and logs in " + directory);
    List<LoopDisk> disks = new ArrayList<>();
    try {
      ProcessCluster.Setup setup = setup(directory, options);
      for (int node = 1; node <= setup.size(); node++) {
        disks.add(LoopDisk.create(directory.resolve("node-" + node), DISK_BYTES));
      }
      ProcessCluster cluster = ProcessCluster.start(setup);
      try (ProcessTarget target = new ProcessTarget(cluster)) {
        new PowerCutMain(cluster, target, disks, options).run(options.cuts);
      }
    } finally {
      disks.forEach(LoopDisk::close);
    }
    System.out.println("PASSED");
  }

  private static ProcessCluster.Setup setup(Path directory, Options options) {
    ProcessCluster.Setup chaos = ChaosMain.setup(directory);
    String strategy = options.expectLoss ? ACKNOWLEDGE_FIRST : "";
    return chaos.with(chaos.size(), chaos.settings() + SMALL_SNAPSHOTS + strategy);
  }

  private void run(int atLeast) throws IOException, InterruptedException {
    target.awaitServing(PATIENCE);
    try (SteadyLoad load = SteadyLoad.start(target, ledger, CLIENTS);
        Store reader = target.connect()) {
      while (cuts < atLeast) {
        load.await(WRITES_BEFORE_CUT, PATIENCE);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(MAX_LOAD_MILLIS));
        cutPower();
        if (random.nextInt(SECOND_CUT_EVERY) == 0 && cuts < atLeast) {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(MAX_MILLIS_INTO_START));
          cutPower();
          intoStarts++;
        }
        target.awaitServing(PATIENCE);
        check(reader);
      }
    }
    // Where committed entries were lost by a majority, a node that still has them stops.
    List<String> deaths = expectLoss ? List.of() : target.deaths();
    for (int node : expectLoss ? List.<Integer>of() : target.nodes()) {
      try (Store own = target.connect(node)) {
        ledger.awaitEverythingOn(own, PATIENCE);
      }
    }
    System.out.printf(
        "%d power cuts of the whole cluster, %d of them during a start; %d writes tried, %d"
            + " acknowledged and there, %d acknowledged and lost (in %d checks)%n",
        cuts, intoStarts, ledger.tried(), ledger.acknowledged(), lost, cutsWithLoss);
    if (!deaths.isEmpty()) {
      throw new IllegalStateException("not by a power cut: " + deaths);
    }
    if (expectLoss && lost == 0) {
      throw new IllegalStateException("nothing was lost although nothing was synced");
    }
  }

  private void cutPower() throws IOException, InterruptedException {
    cluster.freeze();
    for (LoopDisk disk : disks) {
      disk.losePower();
    }
    target.nodes().forEach(cluster::kill);
    for (LoopDisk disk : disks) {
      disk.restorePower();
    }
    target.nodes().forEach(cluster::start);
    cuts++;
  }

  private void check(Store reader) throws InterruptedException {
    Ledger.Comparison found = ledger.compare(reader, PATIENCE);
    int missing = found.missing().cardinality();
    System.out.printf(
        "after cut %d: %d acknowledged writes, %d missing%n", cuts, found.checked(), missing);
    if (expectLoss) {
      ledger.giveUp(found.missing());
      lost += missing;
      cutsWithLoss += missing == 0 ? 0 : 1;
      found = new Ledger.Comparison(found.checked(), new BitSet(), found.wrong());
    }
    found.require();
  }
}
