package dengine.bench;

import dengine.api.Bytes;
import dengine.engine.spi.StateMachine.View;
import dengine.kv.KeyValueStore;
import dengine.kv.KvStore;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// P21: what taking a snapshot of a million records costs those who write meanwhile: durable writes
/// of callers; and what it costs the bare store when a snapshot is written as fast as it can be.
/// Both write at a steady pace.
final class Snapshots {

  private static final int KEYS = 1_000_000;
  private static final int FILLED_AT_ONCE = 500;

  /// What the disk needs to get over a million writes, and over a snapshot: the older one is
  /// deleted.
  private static final Duration SETTLING = Duration.ofSeconds(15);
  private static final Duration AFTERMATH = Duration.ofSeconds(1);

  private Snapshots() {}

  static void run(Options options, Report report) throws Exception {
    Path dir = Files.createTempDirectory(options.dir(), "snapshots");
    try (Cluster node = Cluster.single(options, Cluster.Durability.DISK)) {
      throughEngine(node, options, report);
    }
    try {
      KvStore memory = new KvStore();
      measure("in memory", memory, new KvStore(), dir, options, report);
      try (RocksStore rocks = rocks(dir.resolve("rocks"));
          RocksStore other = rocks(dir.resolve("other"))) {
        measure("on RocksDB", rocks, other, dir, options, report);
      }
    } finally {
      Cluster.delete(dir);
    }
  }

  private static void throughEngine(Cluster node, Options options, Report report) throws Exception {
    Bytes[] keys = Payload.keys(KEYS);
    ThroughEngine writes = new ThroughEngine(node.client().async());
    writes.fill(keys);
    PacedWrites before = writes.paced(keys);
    CompletableFuture<?> first = node.leader().node().snapshot();
    before.run(first);
    first.get();
    before.run(SETTLING);
    before.forget();
    for (int i = 0; i < options.slots(); i++) {
      before.run(options.slot());
    }
    PacedWrites during = writes.paced(keys);
    for (int i = 0; i < options.slots(); i++) {
      CompletableFuture<?> taken = node.leader().node().snapshot();
      during.run(taken);
      taken.get();
      during.run(AFTERMATH);
    }
    writes.requireNoFailure();
    report.atMost(
        "P21: p99 of durable writes during a snapshot of 1 M records and a second after vs before",
        during.micros(0.99) / before.micros(0.99),
        "",
        1.5,
        "not measured",
        "%.0f / %.0f us".formatted(during.micros(0.99), before.micros(0.99)));
    absolute(report, "latest durable write before a snapshot", before.micros(1) / 1e3, "ms");
    absolute(report, "latest durable write during a snapshot", during.micros(1) / 1e3, "ms");
  }

  private static RocksStore rocks(Path dir) {
    return RocksStore.open(RocksOptions.of(dir));
  }

  /// @param empty takes in the last snapshot
  private static void measure(
      String where,
      KeyValueStore store,
      KeyValueStore empty,
      Path dir,
      Options options,
      Report report)
      throws Exception {
    Bytes[] keys = Payload.keys(KEYS);
    for (int from = 0; from < KEYS; from += FILLED_AT_ONCE) {
      store.apply(new Puts(keys, from, from, FILLED_AT_ONCE));
    }
    Path file = dir.resolve("snapshot");
    PacedWrites before = PacedWrites.applied(store, keys, () -> 1);
    before.run(options.warmUp());
    take(store.view().orElseThrow(), file);
    before.forget();
    PacedWrites during = PacedWrites.applied(store, keys, () -> 1);
    long held = store.footprint().heldBytes();
    long grown = 0;
    long longestView = 0;
    long taking = 0;
    long revision = 0;
    for (int i = 0; i < options.slots(); i++) {
      before.run(options.slot());
      long start = System.nanoTime();
      View view = store.view().orElseThrow();
      longestView = Math.max(longestView, System.nanoTime() - start);
      revision = store.revision();
      CompletableFuture<Long> written = CompletableFuture.supplyAsync(() -> timed(view, file));
      during.run(written);
      grown = Math.max(grown, store.footprint().heldBytes() - held);
      taking = Math.max(taking, written.get());
    }
    absolute(report, where + ", p99 of applying before", before.micros(0.99), "us");
    absolute(report, where + ", p99 of applying during it", during.micros(0.99), "us");
    absolute(report, where + ", longest time for a view", longestView / 1e3, "us");
    absolute(report, where + ", latest batch before a snapshot", before.micros(1) / 1e3, "ms");
    absolute(report, where + ", latest batch during a snapshot", during.micros(1) / 1e3, "ms");
    absolute(report, where + ", longest snapshot", taking / 1e9, "s");
    absolute(report, where + ", bytes of a snapshot", Files.size(file) / 1048576.0, "MiB");
    absolute(report, where + ", most that the store grew", grown / 1048576.0, "MiB");
    absolute(report, where + ", restoring it", restoring(empty, file, revision) / 1e9, "s");
  }

  private static void absolute(Report report, String what, double value, String unit) {
    report.absolute("snapshot " + what, "%.2f %s".formatted(value, unit));
  }

  private static long timed(View view, Path file) {
    try {
      long start = System.nanoTime();
      take(view, file);
      return System.nanoTime() - start;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void take(View view, Path file) throws IOException {
    try (view;
        FileChannel out =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      view.writeTo(Channels.newOutputStream(out));
      out.force(true);
    }
  }

  private static long restoring(KeyValueStore empty, Path file, long revision) throws IOException {
    long start = System.nanoTime();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      empty.restore(in, revision, 1);
    }
    return System.nanoTime() - start;
  }
}
