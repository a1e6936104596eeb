package dengine.bench;

import dengine.api.Bytes;
import dengine.api.ReadPolicy;
import dengine.bench.Cluster.Durability;
import dengine.embedded.EmbeddedClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/// P7: reads on the caller's thread, against a bare map.
final class LocalReads {

  private static final int CALLERS = 100;

  private LocalReads() {}

  static void run(Options options, Report report) throws Exception {
    for (int size : new int[] {100_000, 1_000_000}) {
      Bytes[] keys = Payload.keys(size);
      try (Cluster cluster = Cluster.three(options, Durability.PAGE_CACHE)) {
        cluster.led(fill(cluster.client(), keys)).run(Duration.ZERO);
        Map<Bytes, byte[]> map = new ConcurrentHashMap<>();
        for (Bytes key : keys) {
          map.put(key, Payload.VALUE.toByteArray());
        }
        compare(options, report, cluster, keys, map);
      }
    }
  }

  private static void compare(
      Options options, Report report, Cluster cluster, Bytes[] keys, Map<Bytes, byte[]> map)
      throws Exception {
    EmbeddedClient client = cluster.client();
    List<Side> sides = new ArrayList<>();
    sides.add(new Side("map.get + nanoTime", map(keys, key -> found(there(map, key), clock()))));
    sides.add(
        new Side(
            "map.get + nanoTime + copy of the value",
            map(keys, key -> found(there(map, key).clone(), clock()))));
    sides.add(
        new Side(
            "lease read",
            cluster.led(map(keys, key -> found(client.get(key, ReadPolicy.LEASE), 0)))));
    sides.add(new Side("map.get", map(keys, key -> found(there(map, key), 0))));
    sides.add(
        new Side(
            "map.get + copy of the value", map(keys, key -> found(there(map, key).clone(), 0))));
    sides.add(
        new Side(
            "eventual read", map(keys, key -> found(client.get(key, ReadPolicy.EVENTUAL), 0))));
    Slots slots = Slots.measure(options, sides);
    String suffix = ", " + keys.length / 1000 + " K random keys, 100 callers";
    report.atLeast(
        "P7: lease read vs map.get + nanoTime" + suffix,
        slots,
        "lease read",
        "map.get + nanoTime",
        0.8,
        "1.0");
    report.atLeast(
        "P7: eventual read vs map.get" + suffix, slots, "eventual read", "map.get", 0.8, "1.0");
    report.absolute("reads" + suffix, slots);
  }

  private static Side.Load map(Bytes[] keys, Read read) {
    return Callers.virtual(CALLERS, keys.length, key -> read.of(keys[key]));
  }

  @FunctionalInterface
  private interface Read {
    void of(Bytes key);
  }

  private static byte[] there(Map<Bytes, byte[]> map, Bytes key) {
    return Objects.requireNonNull(map.get(key));
  }

  private static long clock() {
    return System.nanoTime();
  }

  /// Uses both, so that neither is optimized away.
  private static void found(Object value, long time) {
    if (value.equals(time)) {
      throw new IllegalStateException("a value that is a time");
    }
  }

  /// Puts every key once, a thousand at a time.
  static Side.Load fill(EmbeddedClient client, Bytes[] keys) {
    return time -> {
      for (int from = 0; from < keys.length; from += 1000) {
        int to = Math.min(keys.length, from + 1000);
        CountDownLatch latch = new CountDownLatch(to - from);
        for (int i = from; i < to; i++) {
          var _ =
              client.async().put(keys[i], Payload.VALUE).whenComplete((r, e) -> latch.countDown());
        }
        latch.await();
      }
      return 0;
    };
  }
}
