package dengine.testkit.chaos;

import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.api.Scan;
import dengine.testkit.linearizability.History;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// One run: clients and faults at the same time, then everything whole again, then the judgement.
final class ChaosRun {

  /// Longest time until all nodes hold the same once the network is whole.
  private static final long CONVERGENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int MILLIS_WHOLE_AGAIN = 1_500;

  private final Target target;
  private final ChaosOptions options;
  private final History history = new History();
  private final History leaseReads = new History();
  private final FaultCounts faults = new FaultCounts();

  ChaosRun(Target target, ChaosOptions options) {
    this.target = target;
    this.options = options;
  }

  /// Runs; the report says whether all is well.
  ChaosReport run() throws InterruptedException {
    Memory memory = new Memory(options);
    Workload workload = new Workload(options, memory, history, leaseReads);
    Onlookers onlookers = new Onlookers(target, options, memory, workload);
    List<Store> stores = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      stores.add(target.connect());
    }
    onlookers.start();
    List<Thread> clients = startClients(workload, stores);
    Nemesis nemesis = new Nemesis(target, faults, workload::answers, options.seed());
    nemesis.start();
    String wentOn = goOn(workload, onlookers);
    nemesis.stop();
    // Clients go on for a moment: that the cluster serves again belongs to what is checked.
    TimeUnit.MILLISECONDS.sleep(MILLIS_WHOLE_AGAIN);
    workload.stop();
    for (Thread client : clients) {
      client.join();
    }
    Optional<String> divergence;
    WatchVerdict watched;
    try (Store last = target.connect()) {
      List<String> prefixes = readEverything(workload, last);
      divergence = divergence(target, prefixes);
      watched = onlookers.end(last, history.operations());
    } finally {
      onlookers.close();
      stores.forEach(Store::close);
    }
    List<String> troubles = new ArrayList<>(target.deaths());
    divergence.ifPresent(troubles::add);
    workload.surprises().forEach(s -> troubles.add("unexpected failure of a call: " + s));
    return ChaosReport.of(options, faults, history.operations(), leaseReads.operations(), troubles)
        .plus(List.of(wentOn), List.of())
        .plus(watched.lines(), watched.failures(options.minEvents(), options.minTurns()));
  }

  /// At least the time asked for, and more if kills, answers, events, or a kind of fault or of what
  /// becomes of a watch are still missing and there is time.
  ///
  /// @return for people to read: how long that was, and what for
  private String goOn(Workload workload, Onlookers onlookers) throws InterruptedException {
    long start = System.nanoTime();
    TimeUnit.SECONDS.sleep(options.seconds());
    long end = start + TimeUnit.SECONDS.toNanos(options.maxSeconds());
    List<String> waitedFor = List.of();
    while (System.nanoTime() < end) {
      List<String> missing = onlookers.missing();
      missing.addAll(ChaosReport.missing(options, faults, workload.answers()));
      if (missing.isEmpty()) {
        break;
      }
      waitedFor = missing;
      TimeUnit.MILLISECONDS.sleep(100);
    }
    String lasted = "lasted " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + " s";
    return waitedFor.isEmpty() ? lasted : lasted + ", at the end waiting for " + waitedFor;
  }

  private List<Thread> startClients(Workload workload, List<Store> stores) {
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < options.clients(); i++) {
      int client = i + 1;
      Store store = stores.get(i % stores.size());
      Store used =
          options.lie() == ChaosOptions.Lie.NONE || options.lie().ofWatches()
              ? store
              : lying(store);
      Random random = new Random(options.seed() + client);
      clients.add(
          Thread.ofVirtual()
              .name("client-" + client)
              .start(() -> workload.run(client, used, random)));
    }
    return clients;
  }

  private Store lying(Store store) {
    return new LyingStore(store, options.lie());
  }

  /// Reads everything once the cluster serves; the prefixes of all keys.
  static List<String> readEverything(Workload workload, Store store) throws InterruptedException {
    long deadline = System.nanoTime() + CONVERGENCE_NANOS;
    while (true) {
      try {
        return workload.readEverything(store);
      } catch (IllegalStateException notYet) {
        if (System.nanoTime() > deadline) {
          throw notYet;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  /// Waits until every node, asked for what it has applied itself, shows the same; what differs if
  /// that does not happen in time.
  static Optional<String> divergence(Target target, List<String> prefixes)
      throws InterruptedException {
    long deadline = System.nanoTime() + CONVERGENCE_NANOS;
    Map<Integer, Store> own = new TreeMap<>();
    target.nodes().forEach(node -> own.put(node, target.connect(node)));
    try {
      Optional<String> difference = Optional.of("not compared");
      while (difference.isPresent() && System.nanoTime() < deadline) {
        difference = difference(own, prefixes);
        TimeUnit.MILLISECONDS.sleep(difference.isPresent() ? 200 : 0);
      }
      return difference;
    } finally {
      own.values().forEach(Store::close);
    }
  }

  private static Optional<String> difference(Map<Integer, Store> own, List<String> prefixes) {
    for (String prefix : prefixes) {
      Map<Integer, Object> shown = new TreeMap<>();
      own.forEach((node, store) -> shown.put(node, entries(store, prefix)));
      if (shown.values().stream().distinct().count() > 1) {
        return Optional.of("keys " + prefix + "* differ: " + shown);
      }
    }
    return Optional.empty();
  }

  private static Object entries(Store store, String prefix) {
    try {
      Page page = store.scan(Scan.prefix(prefix).policy(ReadPolicy.EVENTUAL));
      return page.entries();
    } catch (RejectedException down) {
      return down;
    }
  }
}
