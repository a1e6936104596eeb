package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.ReadPolicy;
import dengine.bench.Cluster.Durability;
import dengine.embedded.EmbeddedClient;
import java.time.Duration;

/// P8, P9, P19: linearizable reads of three nodes, against hand-offs within a process, against
/// writes, and against the bare data path.
final class QuorumReads {

  private QuorumReads() {}

  static void run(Options options, Report report) throws Exception {
    Bytes[] keys = Payload.keys(options.keys());
    try (Cluster cluster = Cluster.three(options, Durability.PAGE_CACHE);
        BareDataPath bare = BareDataPath.start(options, 3, false);
        HandOff handOff = new HandOff(keys)) {
      EmbeddedClient client = cluster.client();
      AsyncClient async = client.async();
      cluster.led(LocalReads.fill(client, keys)).run(Duration.ZERO);
      Side.Load blocking =
          Callers.virtual(100, keys.length, key -> client.get(keys[key], ReadPolicy.LINEARIZABLE));
      Side.Load single =
          Callers.platform(1, keys.length, key -> client.get(keys[key], ReadPolicy.LINEARIZABLE));
      Side.Load thousand =
          Callers.futures(1000, keys.length, key -> async.get(keys[key], ReadPolicy.LINEARIZABLE));
      Slots slots =
          Slots.measure(
              options,
              new Side("hand-off in process, 100 callers", handOff.blocking(100)),
              new Side("linearizable, 100 callers", cluster.led(blocking), cluster::followersCpu),
              new Side(
                  "page cache writes, 100 callers",
                  cluster.led(Writes.blocking(client, options, 100)),
                  cluster::followersCpu),
              new Side("bare rounds, 100 callers", bare.blockingReads(options, 100)),
              new Side("linearizable, 1000 async", cluster.led(thousand), cluster::followersCpu),
              new Side("bare rounds, 1000 async", bare.asyncReads(options, 1000)),
              new Side("linearizable, 1 caller", cluster.led(single), cluster::followersCpu));
      judge(report, slots);
    }
  }

  private static void judge(Report report, Slots slots) {
    report.atLeast(
        "P8: linearizable reads vs hand-off in process, 100 callers",
        slots,
        "linearizable, 100 callers",
        "hand-off in process, 100 callers",
        0.4,
        "0.5-0.6");
    report.atLeast(
        "P8: linearizable reads, 1000 async vs 100 callers",
        slots,
        "linearizable, 1000 async",
        "linearizable, 100 callers",
        3,
        "6");
    report.atLeast(
        "P9: linearizable reads vs page cache writes, 100 callers",
        slots,
        "linearizable, 100 callers",
        "page cache writes, 100 callers",
        1.5,
        "1.7-2.0");
    report.atMost(
        "P19: CPU per linearizable read, all nodes and callers, 1000 in flight",
        slots.cost("linearizable, 1000 async"),
        " us",
        3,
        "2.0",
        Report.rate(slots.median("linearizable, 1000 async")));
    report.absolute("reads", slots);
  }
}
