package dengine.testkit.chaos;

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

  static final String SMALL_SNAPSHOTS =
      """

      [raft]
      learner_catchup_threshold = 200

      [raft.snapshot]
      max_log_entries_before_snapshot = 400
      retained_log_entries = 100
      chunk_size = "4KiB"
      """;

  private GrowMain() {}

  /// Exit code 0 if all is well, 1 if not, 2 for a wrong flag.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags =
        ChaosOptions.flags(arguments, Set.of("seconds", "seed", "clients", "faults"), USAGE);
    int seconds = ChaosOptions.number(flags, "seconds", 60);
    long seed = Long.parseLong(flags.getOrDefault("seed", "" + System.nanoTime()));
    int clients = ChaosOptions.number(flags, "clients", 6);
    boolean faults = flags.getOrDefault("faults", "yes").equals("yes");
    ChaosOptions options =
        ChaosOptions.parse(
                new String[] {
                  "--clients",
                  "" + clients,
                  "--connections",
                  "" + Math.min(clients, 3),
                  "--seconds",
                  "" + seconds,
                  "--seed",
                  "" + seed,
                  "--pause-us",
                  "2000"
                })
            .withMinimum(0, 1_000);
    Path directory = ChaosMain.directory();
    System.out.println("grow: " + options + ", data and logs in " + directory);
    ProcessCluster.Setup chaos = ChaosMain.setup(directory);
    ProcessCluster cluster =
        ProcessCluster.start(chaos.with(1, SMALL_SNAPSHOTS + chaos.settings()));
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      passed = run(target, cluster, options, faults);
    }
    System.exit(passed ? 0 : 1);
  }

  private static boolean run(
      ProcessTarget target, ProcessCluster cluster, ChaosOptions options, boolean withFaults)
      throws IOException, InterruptedException {
    History history = new History();
    History leaseReads = new History();
    Workload workload = new Workload(options, history, leaseReads);
    FaultCounts faults = new FaultCounts();
    Ledger ledger = new Ledger();
    List<String> troubles = new ArrayList<>();
    GrowSteps steps;
    List<Store> stores = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      stores.add(target.connect());
    }
    List<Thread> clients = startClients(workload, stores, options);
    try (SteadyLoad load = SteadyLoad.start(target, ledger, WRITERS);
        Torment torment = new Torment(target, faults, options.seed())) {
      load.await(100, PATIENCE);
      steps = new GrowSteps(cluster, target, torment, ledger, options.seed(), withFaults);
      long end = System.nanoTime() + Duration.ofSeconds(options.seconds()).toNanos();
      try {
        do {
          steps.round();
        } while (System.nanoTime() < end && steps.canGoOn());
      } catch (IllegalStateException failed) {
        troubles.add(failed.toString());
        System.out.println(cluster.symptoms());
      }
      torment.rest();
      troubles.addAll(torment.troubles());
    }
    workload.stop();
    for (Thread client : clients) {
      client.join();
    }
    if (troubles.isEmpty()) {
      try (Store last = target.connect()) {
        List<String> prefixes = ChaosRun.readEverything(workload, last);
        ChaosRun.divergence(target, prefixes).ifPresent(troubles::add);
        check(ledger, last, troubles);
      }
    }
    stores.forEach(Store::close);
    troubles.addAll(target.deaths());
    troubles.addAll(steps.troubles());
    workload.surprises().forEach(s -> troubles.add("unexpected failure of a call: " + s));
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
        faults.of(FaultCounts.Fault.LEADER_PAUSED, FaultCounts.Fault.NODE_PAUSED),
        faults.of(
            FaultCounts.Fault.NODE_ISOLATED,
            FaultCounts.Fault.LEADER_DEAF,
            FaultCounts.Fault.LEADER_MUTE),
        steps.wiped(),
        steps.leadersRemoved(),
        steps.snapshotsFetched(),
        steps.longestPause().toMillis(),
        options.seed());
    return report.passed();
  }

  private static void check(Ledger ledger, Store store, List<String> troubles)
      throws InterruptedException {
    Ledger.Comparison found = ledger.compare(store, PATIENCE);
    if (!found.holdsEverything()) {
      troubles.add("ledger: " + found);
    }
  }

  private static List<Thread> startClients(
      Workload workload, List<Store> stores, ChaosOptions options) {
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
