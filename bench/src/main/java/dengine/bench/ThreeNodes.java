package dengine.bench;

import dengine.bench.Cluster.Durability;
import java.util.ArrayList;
import java.util.List;

/// P3 to P6, P19: writes of three nodes, against one node and against the bare data path.
final class ThreeNodes {

  private ThreeNodes() {}

  static void run(Options options, Report report) throws Exception {
    try (Cluster one = Cluster.single(options, Durability.DISK);
        Cluster disk = Cluster.three(options, Durability.DISK);
        Cluster memory = Cluster.three(options, Durability.PAGE_CACHE);
        BareDataPath bareDisk = BareDataPath.start(options, 3, true);
        BareDataPath bareMemory = BareDataPath.start(options, 3, false)) {
      double[] durable = new double[2];
      for (int callers : new int[] {1, 100, 1000}) {
        List<Side> sides = new ArrayList<>();
        for (String kind : callers == 1 ? List.of("blocking") : List.of("blocking", "async")) {
          boolean blocks = kind.equals("blocking");
          String suffix = ", " + callers + " " + kind;
          sides.add(new Side("1 node, durable" + suffix, ours(one, options, callers, blocks)));
          sides.add(
              new Side(
                  "3 nodes, durable" + suffix,
                  ours(disk, options, callers, blocks),
                  disk::followersCpu));
          sides.add(
              new Side(
                  "bare, durable" + suffix,
                  bare(bareDisk, options, callers, blocks),
                  bareDisk::followersCpu));
          sides.add(
              new Side(
                  "3 nodes, page cache" + suffix,
                  ours(memory, options, callers, blocks),
                  memory::followersCpu));
          sides.add(
              new Side(
                  "bare, page cache" + suffix,
                  bare(bareMemory, options, callers, blocks),
                  bareMemory::followersCpu));
        }
        Slots slots = Slots.measure(options, sides);
        judge(report, slots, callers);
        durable[callers == 1000 ? 1 : 0] =
            slots.median("3 nodes, durable, " + callers + " blocking");
      }
      report.atLeast("P4: 3 nodes durable, 1000 callers vs 100", durable[1], durable[0], 3, "3.6");
    }
  }

  private static Side.Load ours(Cluster cluster, Options options, int callers, boolean blocks) {
    return cluster.led(
        blocks
            ? Writes.blocking(cluster.client(), options, callers)
            : Writes.async(cluster.client(), options, callers));
  }

  private static Side.Load bare(BareDataPath path, Options options, int callers, boolean blocks) {
    return blocks ? path.blockingWrites(options, callers) : path.asyncWrites(options, callers);
  }

  private static void judge(Report report, Slots slots, int callers) {
    report.absolute("writes", slots);
    for (String kind : callers == 1 ? List.of("blocking") : List.of("blocking", "async")) {
      String suffix = ", " + callers + " " + kind;
      if (callers > 1) {
        report.atLeast(
            "P3: 3 nodes vs 1 node" + suffix,
            slots,
            "3 nodes, durable" + suffix,
            "1 node, durable" + suffix,
            0.45,
            callers == 100 ? "0.60" : "0.57");
      }
      if (callers == 100) {
        report.atLeast(
            "P5: page cache vs durable" + suffix,
            slots,
            "3 nodes, page cache" + suffix,
            "3 nodes, durable" + suffix,
            2,
            "2.1-3.1");
      }
      for (String durability : List.of("durable", "page cache")) {
        report.atLeast(
            "P6: 3 nodes vs bare, " + durability + suffix,
            slots,
            "3 nodes, " + durability + suffix,
            "bare, " + durability + suffix,
            0.6,
            "1");
      }
    }
    if (callers == 1000) {
      String ours = "3 nodes, durable, 1000 async";
      report.atMost(
          "P19: CPU per durable write, all nodes and callers, 1000 in flight",
          slots.cost(ours),
          " us",
          4,
          "2.0",
          Report.rate(slots.median(ours)));
    }
  }
}
