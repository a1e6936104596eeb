package dengine.bench;

import dengine.bench.Cluster.Durability;

/// P1, P2: durable writes of a node that is alone, against what the disk gives.
final class SingleNode {

  private SingleNode() {}

  static void run(Options options, Report report) throws Exception {
    try (Cluster node = Cluster.single(options, Durability.DISK);
        RawFile raw1 = RawFile.preallocated(options.dir(), 4096);
        RawFile raw100 = RawFile.preallocated(options.dir(), 100 * Payload.RECORD_BYTES);
        RawFile raw1000 = RawFile.preallocated(options.dir(), 1000 * Payload.RECORD_BYTES)) {
      Slots one =
          Slots.measure(
              options,
              new Side("raw loop, 4 KiB per sync", raw1::run),
              new Side("1 node, durable, 1 caller", Writes.blocking(node.client(), options, 1)));
      report.atLeast(
          "P2: 1 node durable, 1 caller, vs raw syncs",
          one,
          "1 node, durable, 1 caller",
          "raw loop, 4 KiB per sync",
          0.8,
          "0.95 / 0.73");
      Slots many =
          Slots.measure(
              options,
              new Side("raw loop, 100 records per sync", time -> raw100.records(time, 100)),
              new Side(
                  "1 node, durable, 100 callers", Writes.blocking(node.client(), options, 100)),
              new Side("1 node, durable, 100 async", Writes.async(node.client(), options, 100)),
              new Side("raw loop, 1000 records per sync", time -> raw1000.records(time, 1000)),
              new Side(
                  "1 node, durable, 1000 callers", Writes.blocking(node.client(), options, 1000)),
              new Side("1 node, durable, 1000 async", Writes.async(node.client(), options, 1000)));
      report.atLeast(
          "P1: 1 node durable, 100 callers, vs raw group commit",
          many,
          "1 node, durable, 100 callers",
          "raw loop, 100 records per sync",
          0.33,
          "0.42");
      report.atLeast(
          "P1: 1 node durable, 100 async, vs raw group commit",
          many,
          "1 node, durable, 100 async",
          "raw loop, 100 records per sync",
          0.45,
          "0.56");
      report.absolute("writes", one);
      report.absolute("writes", many);
    }
  }
}
