package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import dengine.client.GrpcClient;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.kv.KvStore;
import dengine.kv.watch.WatchLimits;
import dengine.kv.watch.Watched;
import dengine.kv.watch.Watches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/// P23: what 10,000 who watch cost those who write, and how late those who watch are told.
final class Watching {

  private static final int WATCHERS = 10_000;
  private static final int IN_FLIGHT = 1000;
  private static final int ROUNDS = 30;
  private static final long PACE_NANOS = 1_000_000;
  private static final Bytes ONE = Bytes.of("/watched");
  private static final Bytes ALL = Bytes.of("/told-to-all");

  private Watching() {}

  static void run(Options options, Report report) throws Exception {
    writes(options, report);
    applied(options, report);
    try (Cluster node = Cluster.single(options, Cluster.Durability.PAGE_CACHE)) {
      told("embedded", node.client().async(), options, report);
    }
    Path dir = Files.createTempDirectory(options.dir(), "bench");
    String address = Cluster.freeAddresses(1);
    try (Child _ =
            ServerMain.start(address, dir, Cluster.Durability.PAGE_CACHE, options.election());
        GrpcClient client = GrpcClient.connect(address)) {
      told("over gRPC", client.async(), options, report);
    } finally {
      Cluster.delete(dir);
    }
  }

  private static void writes(Options options, Report report) throws Exception {
    Bytes[] keys = Payload.keys(2 * WATCHERS);
    LongAdder events = new LongAdder();
    try (Cluster nobody = Cluster.single(options, Cluster.Durability.PAGE_CACHE);
        Cluster others = Cluster.single(options, Cluster.Durability.PAGE_CACHE);
        Cluster durable = Cluster.single(options, Cluster.Durability.DISK);
        Cluster each = Cluster.single(options, Cluster.Durability.DISK)) {
      long before = usedBytes();
      List<Watch> watches = new ArrayList<>();
      for (int i = 0; i < WATCHERS; i++) {
        watches.add(watch(others, keys[WATCHERS + i], events));
      }
      double perWatcher = (usedBytes() - before) / (double) WATCHERS;
      for (int i = 0; i < WATCHERS; i++) {
        watches.add(watch(each, keys[i], events));
      }
      Slots slots =
          Slots.measure(
              options,
              new Side("page cache, nobody watches", puts(nobody, keys)),
              new Side("page cache, 10,000 watch other keys", puts(others, keys)),
              new Side("durable, nobody watches", puts(durable, keys)),
              new Side("durable, 10,000 watch, one is told of each", puts(each, keys)));
      goal(report, slots, "page cache, 10,000 watch other keys", "page cache, nobody watches");
      goal(report, slots, "durable, 10,000 watch, one is told of each", "durable, nobody watches");
      report.absolute("watch, puts, 1000 in flight", slots);
      report.absolute("watch, bytes per idle watcher", "%.0f".formatted(perWatcher));
      report.absolute("watch, events told meanwhile", Long.toString(events.sum()));
      report.absolute(
          "watch, watches that were too slow",
          Long.toString(each.leader().watchActivity().overflows()));
      watches.forEach(Watch::close);
    }
  }

  private static void goal(Report report, Slots slots, String side, String reference) {
    report.atLeast(
        "P23: puts, 1000 in flight, " + side + " vs none",
        slots,
        side,
        reference,
        0.9,
        "not measured");
  }

  private static Watch watch(Cluster node, Bytes key, LongAdder events) throws Exception {
    Watch watch = node.client().async().watch(key, WatchOptions.DEFAULT).get();
    watch.listen(_ -> events.increment());
    return watch;
  }

  private static Side.Load puts(Cluster node, Bytes[] keys) {
    AsyncClient client = node.client().async();
    return Callers.futures(IN_FLIGHT, WATCHERS, key -> client.put(keys[key], Payload.VALUE));
  }

  private static long usedBytes() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /// From just before a batch is applied to a bare store until its event is taken.
  private static void applied(Options options, Report report) throws Exception {
    KvStore store = new KvStore();
    Delays delays = new Delays();
    try (Watches watches =
        new Watches(
            "watch", WatchLimits.DEFAULT, 0, Clock.SYSTEM, Execution.THREADS, new Random())) {
      store.tell(watches.recorder());
      Bytes[] keys = Payload.keys(1);
      AtomicLong began = new AtomicLong();
      watches
          .watch(Watched.key(keys[0]), WatchOptions.DEFAULT)
          .join()
          .listen(_ -> delays.note(System.nanoTime() - began.get()));
      Paced write =
          _ -> {
            began.set(System.nanoTime());
            store.apply(new Puts(keys, store.revision(), 0, 1));
          };
      run(options.warmUp(), write);
      delays.forget();
      run(options.slot().multipliedBy(options.slots()), write);
    }
    delays.report(report, "from apply to listener, bare store");
  }

  private static void told(String where, AsyncClient client, Options options, Report report)
      throws Exception {
    awaitLeader(client);
    Delays acknowledged = new Delays();
    Delays told = new Delays();
    Watch watch = client.watch(ONE, WatchOptions.DEFAULT).get();
    watch.listen(
        event -> {
          if (event instanceof WatchEvent.Put(_, _, Bytes value, _)) {
            told.note(System.nanoTime() - ByteBuffer.wrap(value.toByteArray()).getLong());
          }
        });
    Paced write =
        _ -> {
          long start = System.nanoTime();
          Bytes value = Bytes.of(ByteBuffer.allocate(Long.BYTES).putLong(start).array());
          CompletableFuture<?> _ =
              client.put(ONE, value).thenAccept(_ -> acknowledged.note(System.nanoTime() - start));
        };
    run(options.warmUp(), write);
    acknowledged.forget();
    told.forget();
    run(options.slot().multipliedBy(options.slots()), write);
    TimeUnit.SECONDS.sleep(1);
    watch.close();
    acknowledged.report(report, "from put to answer, " + where);
    told.report(report, "from put to listener, " + where);
    fanOut(where, client, report);
  }

  private static void awaitLeader(AsyncClient client) throws Exception {
    client.put(ONE, Payload.VALUE).get(30, TimeUnit.SECONDS);
  }

  private static void fanOut(String where, AsyncClient client, Report report) throws Exception {
    Fan fan = new Fan();
    List<CompletableFuture<Watch>> begun = new ArrayList<>();
    for (int i = 0; i < WATCHERS; i++) {
      begun.add(client.watch(ALL, WatchOptions.DEFAULT));
    }
    for (CompletableFuture<Watch> each : begun) {
      each.get(30, TimeUnit.SECONDS)
          .listen(
              event -> {
                if (event instanceof WatchEvent.Put) {
                  fan.left.countDown();
                }
              });
    }
    double[] millis = new double[ROUNDS];
    for (int i = -ROUNDS; i < ROUNDS; i++) {
      CountDownLatch all = new CountDownLatch(WATCHERS);
      fan.left = all;
      long start = System.nanoTime();
      client.put(ALL, Payload.VALUE).get();
      if (!all.await(30, TimeUnit.SECONDS)) {
        throw new IOException(all.getCount() + " who watch were not told");
      }
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(millis);
    report.absolute(
        "watch, from one put until 10,000 are told, " + where,
        "%.1f ms, longest %.1f ms".formatted(millis[ROUNDS / 2], millis[ROUNDS - 1]));
    begun.forEach(each -> each.join().close());
  }

  private static final class Fan {
    volatile CountDownLatch left = new CountDownLatch(0);
  }

  @FunctionalInterface
  private interface Paced {
    void write(int number);
  }

  /// One write each millisecond.
  private static void run(Duration time, Paced write) {
    long due = System.nanoTime();
    long end = due + time.toNanos();
    for (int i = 0; due < end; i++) {
      due += PACE_NANOS;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      write.write(i);
    }
  }

  /// How long something took, again and again. Any thread.
  private static final class Delays {
    private long[] nanos = new long[1 << 14];
    private int count;

    synchronized void note(long delay) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = delay;
    }

    synchronized void forget() {
      count = 0;
    }

    synchronized void report(Report report, String what) {
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      report.absolute(
          "watch, " + what,
          "p50 %.0f us, p99 %.0f us, %d of them"
              .formatted(sorted[count / 2] / 1e3, sorted[count * 99 / 100] / 1e3, count));
    }
  }
}
