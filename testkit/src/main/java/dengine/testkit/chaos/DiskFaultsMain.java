package dengine.testkit.chaos;

import dengine.testkit.disk.Mount;
import dengine.testkit.process.Injection;
import dengine.testkit.process.ProcessCluster;
import dengine.testkit.process.SyscallFault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// What the kernel says and does when a disk is in trouble, on real server processes that take
/// writes all the time; each fault once under the leader and once under a follower.
///
/// First a disk that is really full: the nodes' data lies on file systems in memory, and one of
/// them has no room any more. Then, on another cluster with ordinary files, changed system calls:
/// the N-th sync of the log reports an error, the N-th write says that the disk is full, the node
/// is killed when it enters its N-th write or sync, and each sync takes seconds.
///
/// A node that is told of an error must end with the exit code that says so and come back on its
/// old data; a leader whose syncs take too long must hand over; the others go on; and after every
/// round everything that was acknowledged is read back from the cluster, and is applied by the node
/// that was hurt. Flags: see [#USAGE]. Properties as for [ChaosMain].
public final class DiskFaultsMain implements AutoCloseable {

  private static final String USAGE = "--rounds N  --seed N";

  /// What `docs/cli.md` says about an input or output error.
  private static final int EXIT_IO_ERROR = 74;

  private static final int EXIT_KILLED = 128 + 9;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int CLIENTS = 16;
  private static final int WRITES = 100;

  /// The first log file and its spare take 12 MiB; large values fill them within seconds.
  private static final int LARGE_VALUE_BYTES = 16 << 10;

  private static final long TMPFS_BYTES = 512L << 20;
  private static final long ALMOST_NOTHING = 64 << 10;
  private static final int MAX_CALL = 200;
  private static final String SYNCS = "fdatasync,fsync";
  private static final int SLOW_SECONDS = 5;

  /// One of the rounds; the number of the call is drawn when it begins.
  ///
  /// @param exitCode what the node ends with; empty if it goes on
  private record Round(String calls, String action, boolean first, OptionalInt exitCode) {
    SyscallFault fault(Random random) {
      return new SyscallFault(calls, action, first ? "1+" : "" + (1 + random.nextInt(MAX_CALL)));
    }
  }

  private static final List<Round> ROUNDS =
      List.of(
          new Round(SYNCS, "error=EIO", false, OptionalInt.of(EXIT_IO_ERROR)),
          new Round("pwrite64", "error=ENOSPC", false, OptionalInt.of(EXIT_IO_ERROR)),
          new Round("pwrite64", "signal=SIGKILL", false, OptionalInt.of(EXIT_KILLED)),
          new Round(SYNCS, "signal=SIGKILL", false, OptionalInt.of(EXIT_KILLED)),
          new Round(SYNCS, "delay_enter=3s", true, OptionalInt.empty()));

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final Ledger ledger;
  private final SteadyLoad load;
  private final Store reader;

  private DiskFaultsMain(
      ProcessCluster cluster, ProcessTarget target, Ledger ledger, SteadyLoad load) {
    this.cluster = cluster;
    this.target = target;
    this.ledger = ledger;
    this.load = load;
    this.reader = target.connect();
  }

  private static DiskFaultsMain start(ProcessCluster cluster, ProcessTarget target) {
    Ledger ledger = new Ledger();
    return new DiskFaultsMain(cluster, target, ledger, SteadyLoad.start(target, ledger, CLIENTS));
  }

  /// Exit code 0 if all is well, 1 with a stack trace if not, 77 if this machine cannot do a part
  /// and the rest is well.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags = ChaosOptions.flags(arguments, Set.of("rounds", "seed"), USAGE);
    int rounds = ChaosOptions.number(flags, "rounds", 2 * ROUNDS.size());
    long seed = Long.parseLong(flags.getOrDefault("seed", "" + System.nanoTime()));
    Path directory = ChaosMain.directory();
    System.out.printf("disk faults: seed %d, data and logs in %s%n", seed, directory);
    Random random = new Random(seed);
    Optional<String> noMounts = Mount.whyNot();
    if (noMounts.isPresent()) {
      System.out.println("SKIPPED disk-faults, the full disk: " + noMounts.get());
    } else {
      fullDisks(directory.resolve("full"), random);
    }
    Optional<String> noInjection = Injection.whyNot();
    if (noInjection.isPresent()) {
      System.out.println("SKIPPED disk-faults, the changed system calls: " + noInjection.get());
    } else {
      changedCalls(directory.resolve("calls"), rounds, random);
    }
    if (noMounts.isPresent() || noInjection.isPresent()) {
      System.exit(Skipped.EXIT_CODE);
    }
    System.out.println("PASSED");
  }

  private static void fullDisks(Path directory, Random random)
      throws IOException, InterruptedException {
    ProcessCluster.Setup setup = ChaosMain.setup(directory);
    List<Mount> disks = new ArrayList<>();
    try {
      for (int node = 1; node <= setup.size(); node++) {
        disks.add(Mount.tmpfs(directory.resolve("node-" + node), TMPFS_BYTES));
      }
      ProcessCluster cluster = ProcessCluster.start(setup);
      try (ProcessTarget target = new ProcessTarget(cluster);
          DiskFaultsMain run = DiskFaultsMain.start(cluster, target)) {
        for (boolean ofLeader : List.of(true, false)) {
          run.fillDisk(ofLeader, disks, random);
        }
      }
    } finally {
      disks.forEach(Mount::close);
    }
  }

  private static void changedCalls(Path directory, int rounds, Random random)
      throws IOException, InterruptedException {
    ProcessCluster cluster = ProcessCluster.start(ChaosMain.setup(directory));
    try (ProcessTarget target = new ProcessTarget(cluster);
        DiskFaultsMain run = DiskFaultsMain.start(cluster, target)) {
      for (int number = 0; number < rounds; number++) {
        // Their number is odd, so that each comes under the leader and under a follower.
        Round round = ROUNDS.get(number % ROUNDS.size());
        boolean ofLeader = number % 2 == 0;
        if (round.exitCode().isPresent()) {
          run.endByFault(round, ofLeader, random);
        } else {
          run.slowDown(round, ofLeader, random);
        }
      }
    }
  }

  /// Leaves no room on a node's disk until it has ended.
  private void fillDisk(boolean ofLeader, List<Mount> disks, Random random)
      throws IOException, InterruptedException {
    int node = choose(ofLeader, random);
    Mount disk = disks.get(node - 1);
    disk.resize(disk.used() + ALMOST_NOTHING);
    ledger.fillValuesTo(LARGE_VALUE_BYTES);
    int code = cluster.awaitEnd(node, PATIENCE);
    ledger.fillValuesTo(0);
    requireGoingOn();
    disk.resize(TMPFS_BYTES);
    comeBack(node);
    report("disk full", ofLeader, node, "ended with " + code);
    require(code == EXIT_IO_ERROR, "expected " + EXIT_IO_ERROR);
  }

  private void endByFault(Round round, boolean ofLeader, Random random)
      throws IOException, InterruptedException {
    int node = choose(ofLeader, random);
    SyscallFault fault = round.fault(random);
    int code;
    try (Injection _ = cluster.inject(node, fault)) {
      code = cluster.awaitEnd(node, PATIENCE);
    }
    requireGoingOn();
    comeBack(node);
    report(fault.toString(), ofLeader, node, "ended with " + code);
    int expected = round.exitCode().orElseThrow();
    require(code == expected, "expected " + expected);
  }

  /// Makes a node's syncs slow for some time; a leader must hand over meanwhile.
  private void slowDown(Round round, boolean ofLeader, Random random)
      throws IOException, InterruptedException {
    int node = choose(ofLeader, random);
    SyscallFault fault = round.fault(random);
    long slowed;
    try (Injection injection = cluster.inject(node, fault)) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (injection.changed() == 0 || (ofLeader && !anotherLeads(node))) {
        require(System.nanoTime() < end, "node " + node + " goes on leading on a slow disk");
        TimeUnit.MILLISECONDS.sleep(50);
      }
      requireGoingOn();
      TimeUnit.SECONDS.sleep(SLOW_SECONDS);
      requireGoingOn();
      slowed = injection.changed();
    }
    require(cluster.isRunning(node), "node " + node + " ended although its disk was only slow");
    comeBack(node);
    report(fault.toString(), ofLeader, node, slowed + " calls slow, went on");
  }

  private boolean anotherLeads(int node) {
    return target.leader().filter(leader -> leader != node).isPresent();
  }

  private int choose(boolean leader, Random random) throws InterruptedException {
    load.await(WRITES, PATIENCE);
    long end = System.nanoTime() + PATIENCE.toNanos();
    Optional<Integer> leading = target.leader();
    while (leading.isEmpty()) {
      require(System.nanoTime() < end, "nobody leads");
      TimeUnit.MILLISECONDS.sleep(50);
      leading = target.leader();
    }
    int leaderNow = leading.get();
    List<Integer> others = target.nodes().stream().filter(node -> node != leaderNow).toList();
    ledger.takeLongestGap();
    return leader ? leaderNow : others.get(random.nextInt(others.size()));
  }

  /// The others take writes and hold everything.
  private void requireGoingOn() throws InterruptedException {
    load.await(WRITES, PATIENCE);
    ledger.compare(reader, PATIENCE).require();
  }

  private void comeBack(int node) throws InterruptedException {
    cluster.start(node);
    try (Store own = target.connect(node)) {
      ledger.awaitEverythingOn(own, PATIENCE);
    }
  }

  private void report(String fault, boolean ofLeader, int node, String outcome)
      throws InterruptedException {
    int checked = ledger.compare(reader, PATIENCE).require();
    System.out.printf(
        "%s, %s %d: %s; %d acknowledged writes are all there, longest gap %d ms%n",
        fault,
        ofLeader ? "leader" : "follower",
        node,
        outcome,
        checked,
        ledger.takeLongestGap().toMillis());
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
  }

  @Override
  public void close() {
    load.close();
    reader.close();
  }
}
