package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.kv.KvStore;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What is measured in a process of its own because the heap is what is measured.
final class MemoryMain {

  private static final int KEYS = 1_000_000;
  private static final int BATCH = 500;
  private static final int PAUSES = 10;
  private static final int MOST_ROUNDS = 30;

  private MemoryMain() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "engine" -> engine(Duration.parse(args[1]), Path.of(args[2]));
      case "objects" -> objects(Duration.parse(args[1]));
      case "footprint" -> footprint();
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.exit(0);
  }

  /// A million keys in an engine, then updates for a while.
  private static void engine(Duration time, Path dir) throws Exception {
    Options options =
        Options.parse(List.of("--dir", dir.toString(), "--keys", Integer.toString(KEYS)));
    Bytes[] keys = Payload.keys(KEYS);
    try (Cluster node = Cluster.single(options, Cluster.Durability.PAGE_CACHE)) {
      LocalReads.fill(node.client(), keys).run(Duration.ZERO);
      AsyncClient client = node.client().async();
      updatesBegin();
      untilPausesWereSeen(
          time, Callers.futures(1000, KEYS, key -> client.put(keys[key], Payload.VALUE)));
    }
  }

  /// The same in a map that holds each value as an object.
  private static void objects(Duration time) throws Exception {
    Bytes[] keys = Payload.keys(KEYS);
    Map<Bytes, byte[]> map = new ConcurrentHashMap<>();
    for (Bytes key : keys) {
      map.put(key, Payload.VALUE.toByteArray());
    }
    updatesBegin();
    untilPausesWereSeen(
        time, Callers.platform(1, KEYS, key -> map.put(keys[key], Payload.VALUE.toByteArray())));
  }

  /// The longest of no pauses says nothing.
  private static void untilPausesWereSeen(Duration time, Side.Load updates) throws Exception {
    long before = collections();
    double rate = updates.run(time);
    for (int i = 1; i < MOST_ROUNDS && collections() - before < PAUSES; i++) {
      rate = updates.run(time);
    }
    System.out.println(rate);
  }

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .filter(collector -> collector.getName().contains("Young"))
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  /// What was made before is old now; says when that was, in milliseconds of this process's life.
  private static void updatesBegin() {
    System.gc();
    System.out.println(ManagementFactory.getRuntimeMXBean().getUptime());
  }

  /// Heap per key beyond the payload, of the store and of a map.
  private static void footprint() throws IOException {
    Bytes[] keys = Payload.keys(KEYS);
    long before = used();
    KvStore store = new KvStore();
    for (int from = 0; from < KEYS; from += BATCH) {
      store.apply(new Puts(keys, from, from, Math.min(BATCH, KEYS - from)));
    }
    long after = used();
    if (store.revision() != KEYS) {
      throw new IOException("revision " + store.revision());
    }
    System.out.println((after - before) / (double) KEYS - Payload.KEY_BYTES - Payload.VALUE_BYTES);
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
