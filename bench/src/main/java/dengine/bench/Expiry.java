package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// P22: what a million keys that expire within a minute cost those who write meanwhile: callers of
/// an engine, and those who apply batches to a bare store. Both write at a steady pace; latency
/// counts from when a write was due, so that a pause delays all that come due in it. Each
/// millisecond some 17 keys go. And what it costs when all of them are due at once.
final class Expiry {

  private static final int KEYS = 1_000_000;
  private static final int FILLED_AT_ONCE = 500;

  /// What the disk needs to get over a million writes.
  private static final Duration SETTLING = Duration.ofSeconds(15);

  /// Within it a million keys are written.
  private static final Duration FILLING = Duration.ofSeconds(30);

  private static final Duration AFTERMATH = Duration.ofSeconds(3);
  private static final Duration WITHIN = Duration.ofMinutes(1);

  private Expiry() {}

  static void run(Options options, Report report) throws Exception {
    try (Cluster node = Cluster.single(options, Cluster.Durability.DISK)) {
      throughEngine(node, options, report);
    }
    measure("in memory", new KvStore(), options, report);
    Path dir = Files.createTempDirectory(options.dir(), "expiry");
    try (RocksStore rocks = RocksStore.open(RocksOptions.of(dir.resolve("rocks")))) {
      measure("on RocksDB", rocks, options, report);
    } finally {
      Cluster.delete(dir);
    }
  }

  private static void throughEngine(Cluster node, Options options, Report report) throws Exception {
    Bytes[] all = Payload.keys(2 * KEYS);
    Bytes[] staying = Arrays.copyOfRange(all, 0, KEYS);
    ThroughEngine writes = new ThroughEngine(node.client().async());
    writes.fill(staying);
    PacedWrites before = writes.paced(staying);
    before.run(SETTLING);
    before.forget();
    before.run(options.slot().multipliedBy(options.slots()));
    PacedWrites spread = goingWithin(WITHIN, node, writes, all);
    PacedWrites atOnce = goingWithin(Duration.ofMillis(1), node, writes, all);
    report.atMost(
        "P22: p99 of durable writes while 1 M keys expire within a minute vs before",
        spread.micros(0.99) / before.micros(0.99),
        "",
        1.5,
        "not measured",
        "%.0f / %.0f us".formatted(spread.micros(0.99), before.micros(0.99)));
    absolute(report, "latest durable write before", before.micros(1) / 1e3, "ms");
    absolute(report, "latest durable write meanwhile", spread.micros(1) / 1e3, "ms");
    absolute(report, "latest durable write when all expire at once", atOnce.micros(1) / 1e3, "ms");
  }

  /// Writes a million keys that go one after the other within some time, and returns the writes of
  /// that time and a second after it.
  private static PacedWrites goingWithin(
      Duration time, Cluster node, ThroughEngine writes, Bytes[] all) throws Exception {
    AsyncClient client = node.client().async();
    long first = System.nanoTime() + FILLING.toNanos();
    writes.fill(
        KEYS,
        number -> {
          long due = first + (long) ((double) time.toNanos() * number / KEYS);
          Duration ttl = Duration.ofNanos(due - System.nanoTime());
          return client.put(all[KEYS + number], Payload.VALUE, ttl);
        });
    if (System.nanoTime() - first >= 0) {
      throw new IllegalStateException("the first keys went before the last were there");
    }
    TimeUnit.NANOSECONDS.sleep(first - System.nanoTime());
    PacedWrites during = writes.paced(Arrays.copyOfRange(all, 0, KEYS));
    during.run(time);
    during.run(AFTERMATH);
    writes.requireNoFailure();
    if (client.get(all[2 * KEYS - 1]).get().isPresent()) {
      throw new IllegalStateException("the last key has not gone");
    }
    return during;
  }

  private static void measure(String where, KeyValueStore store, Options options, Report report) {
    long start = System.nanoTime();
    Bytes[] all = Payload.keys(2 * KEYS);
    Bytes[] staying = Arrays.copyOfRange(all, 0, KEYS);
    Bytes[] mortal = Arrays.copyOfRange(all, KEYS, 2 * KEYS);
    fill(store, staying, 0, 0);
    PacedWrites before = PacedWrites.applied(store, staying, () -> millis(start));
    before.run(options.warmUp());
    before.forget();
    before.run(options.slot().multipliedBy(options.slots()));
    long filling = System.nanoTime();
    long now = millis(start);
    // The first ones are not due before all are there.
    fill(store, mortal, now, WITHIN.toMillis());
    double puts = KEYS / ((System.nanoTime() - filling) / 1e9);
    long filled = System.nanoTime();
    PacedWrites during = PacedWrites.applied(store, staying, () -> now + millis(filled));
    during.run(WITHIN);
    during.run(Duration.ofSeconds(1));
    if (store.nextDeadline() != Long.MAX_VALUE || store.footprint().keys() != KEYS) {
      throw new IllegalStateException("not all have gone: " + store.footprint());
    }
    report.atMost(
        "P22: p99 of applying a batch while 1 M keys expire within a minute vs before, " + where,
        during.micros(0.99) / before.micros(0.99),
        "",
        1.5,
        "not measured",
        "%.0f / %.0f us".formatted(during.micros(0.99), before.micros(0.99)));
    absolute(report, where + ", latest batch before", before.micros(1) / 1e3, "ms");
    absolute(report, where + ", latest batch meanwhile", during.micros(1) / 1e3, "ms");
    absolute(report, where + ", puts with a time to live per second", puts / 1e3, "K");
  }

  private static void fill(KeyValueStore store, Bytes[] keys, long time, long longestTtl) {
    for (int from = 0; from < KEYS; from += FILLED_AT_ONCE) {
      store.apply(new Puts(keys, store.revision(), from, FILLED_AT_ONCE, time, longestTtl));
    }
  }

  private static long millis(long since) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }

  private static void absolute(Report report, String what, double value, String unit) {
    report.absolute("expiry " + what, "%.2f %s".formatted(value, unit));
  }
}
