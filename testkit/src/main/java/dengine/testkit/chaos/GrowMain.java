package dengine.testkit.chaos;

import dengine.testkit.chaos.FaultCounts.Fault;
import dengine.testkit.linearizability.History;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Real server processes that become three, five, three and one again, every one of them replaced
/// on the way, while clients work that are judged as in [ChaosMain], and nodes are killed, frozen
/// and cut off, never more of them than the members of that moment can bear.
///
/// Snapshots are taken so often, and so little of the log is kept, that whoever joins needs one.
/// Again and again until the time is over; a round that has begun is finished. Flags: see [#USAGE].
/// Properties as for [ChaosMain].
public final class GrowMain {

  private static final String USAGE = "--seconds N  --seed N  --clients N  --faults yes|no";
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int WRITERS = 4;
  private static final long CAUGHT_UP = 200;

  private static final int WRITES_BEFORE = 100;
  private static final int LEAST_OPERATIONS = 1_000;

  private static final String SMALL_SNAPSHOTS =
      """

      [raft]
      learner_catchup_threshold = 200

      [raft.snapshot]
      max_log_entries_before_snapshot = 400
      retained_log_entries = 100
      chunk_size = "4KiB"
      """;

  private final ProcessTarget target;
  private final ProcessCluster cluster;
  private final ChaosOptions options;
  private final History history = new History();
  private final History leaseReads = new History();
  private final FaultCounts faults = new FaultCounts();
  private final Ledger ledger = new Ledger();
  private final List<String> troubles = new ArrayList<>();
  private final Workload workload;

  private GrowMain(ProcessTarget target, ProcessCluster cluster, ChaosOptions options) {
    this.target = target;
    this.cluster = cluster;
    this.options = options;
    this.workload = new Workload(options, new Memory(options), history, leaseReads);
  }

  /// Exit code 0 if all is well, 1 if not.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags =
        ChaosOptions.flags(arguments, Set.of("seconds", "seed", "clients", "faults"), USAGE);
    String clients = flags.getOrDefault("clients", "6");
    String connections = "" + Math.min(3, Integer.parseInt(clients));
    List<String> words =
        List.of(
            "--seconds",
            flags.getOrDefault("seconds", "60"),
            "--seed",
            flags.getOrDefault("seed", "" + System.nanoTime()),
            "--clients",
            clients,
            "--connections",
            connections,
            "--pause-us",
            "2000");
    ChaosOptions options =
        ChaosOptions.parse(words.toArray(String[]::new)).withMinimum(0, LEAST_OPERATIONS, 0, 0);
    Path directory = ChaosMain.directory();
    System.out.println("grow: " + options + ", data and logs in " + directory);
    ProcessCluster.Setup chaos = ChaosMain.setup(directory);
    ProcessCluster cluster =
        ProcessCluster.start(chaos.with(1, SMALL_SNAPSHOTS + chaos.settings()));
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      boolean withFaults = flags.getOrDefault("faults", "yes").equals("yes");
      passed = new GrowMain(target, cluster, options).run(withFaults);
    }
    System.exit(passed ? 0 : 1);
  }

  private boolean run(boolean withFaults) throws IOException, InterruptedException {
    List<Store> stores = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      stores.add(target.connect());
    }
    List<Thread> clients = startClients(stores);
    GrowSteps steps;
    try (SteadyLoad load = SteadyLoad.start(target, ledger, WRITERS);
        Torment torment =
            new Torment(target, node -> isBack(target, node), faults, options.seed())) {
      load.await(WRITES_BEFORE, PATIENCE);
      steps = new GrowSteps(cluster, target, torment, ledger, options.seed(), withFaults);
      go(steps);
      torment.rest();
      troubles.addAll(torment.troubles());
    }
    workload.stop();
    for (Thread client : clients) {
      client.join();
    }
    if (troubles.isEmpty()) {
      compare();
    }
    stores.forEach(Store::close);
    troubles.addAll(target.deaths());
    troubles.addAll(steps.troubles());
    workload.surprises().forEach(s -> troubles.add("unexpected failure of a call: " + s));
    return report(steps);
  }

  private void go(GrowSteps steps) throws IOException, InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(options.seconds()).toNanos();
    try {
      do {
        steps.round();
      } while (System.nanoTime() < end && steps.canGoOn());
    } catch (IllegalStateException failed) {
      troubles.add(failed.toString());
      System.out.println(cluster.symptoms());
    }
  }

  private void compare() throws InterruptedException {
    try (Store last = target.connect()) {
      List<String> prefixes = ChaosRun.readEverything(workload, last);
      ChaosRun.divergence(target, prefixes).ifPresent(troubles::add);
      Ledger.Comparison found = ledger.compare(last, PATIENCE);
      if (!found.holdsEverything()) {
        troubles.add("ledger: " + found);
      }
    }
  }

  private boolean report(GrowSteps steps) throws IOException {
    ChaosReport report =
        ChaosReport.of(options, faults, history.operations(), leaseReads.operations(), troubles);
    report.print(System.out);
    System.out.printf(
        "RESULT grow passed=%s rounds=%d steps=%d operations=%d ledger_writes=%d kills=%d"
            + " pauses=%d cuts=%d wiped=%d leaders_removed=%d snapshots_fetched=%d"
            + " longest_pause_ms=%d seed=%d%n",
        report.passed() ? "yes" : "no",
        steps.rounds(),
        steps.steps(),
        history.operations().size() + leaseReads.operations().size(),
        ledger.acknowledged(),
        faults.processesKilled(),
        faults.of(Fault.LEADER_PAUSED, Fault.NODE_PAUSED),
        faults.of(Fault.NODE_ISOLATED, Fault.LEADER_DEAF, Fault.LEADER_MUTE),
        steps.wiped(),
        steps.leadersRemoved(),
        steps.snapshotsFetched(),
        steps.longestPause().toMillis(),
        options.seed());
    return report.passed();
  }

  /// Knowing a leader is not enough: who needs a snapshot yet does not count for a quorum.
  private static boolean isBack(ProcessTarget target, int node) {
    return target.follows(node) && target.lag(node).orElse(Long.MAX_VALUE) < CAUGHT_UP;
  }

  private List<Thread> startClients(List<Store> stores) {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < options.clients(); i++) {
      int client = i + 1;
      Store store = stores.get(i % stores.size());
      Random random = new Random(options.seed() + client);
      clients.add(
          Thread.ofVirtual()
              .name("client-" + client)
              .start(() -> workload.run(client, store, random)));
    }
    return clients;
  }
}
