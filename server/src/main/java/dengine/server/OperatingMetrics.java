package dengine.server;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.FailedCalls;
import dengine.engine.NodeOptions;
import dengine.engine.NodeStatus;
import dengine.engine.SnapshotActivity;
import dengine.engine.SnapshotOptions;
import dengine.grpc.ServiceActivity;
import dengine.storage.StorageOptions;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What an operator watches besides the algorithm: how large the log is beside what is permitted,
/// snapshots, calls that failed, the disk, and the limits that something may come near. Reading one
/// asks the node for its state at most twice a second. Safe for any number of threads.
final class OperatingMetrics implements MeterBinder {

  private static final long STALE_NANOS = Duration.ofMillis(500).toNanos();
  private static final double MILLIS_PER_SECOND = 1000;
  private static final String BYTES = "bytes";
  private static final String SECONDS = "seconds";

  private final EmbeddedEngine engine;
  private final Supplier<ServiceActivity> activity;
  private final EngineConfig config;
  private final Tags node;

  private @Nullable NodeStatus latest;
  private long latestNanos;

  /// @param activity what the node has done for clients over the network
  OperatingMetrics(EmbeddedEngine engine, Supplier<ServiceActivity> activity) {
    this.engine = engine;
    this.activity = activity;
    this.config = engine.config();
    this.node = Tags.of("node", String.valueOf(engine.nodeId()));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    bindLog(registry);
    bindSnapshots(registry);
    bindTransfers(registry);
    bindRequests(registry);
    bindFailures(registry);
    bindLimits(registry);
    Path data = config.dataDir();
    gauge(registry, "dengine.disk.free", BYTES, "free space where the data is")
        .from(() -> data.toFile().getUsableSpace());
    gauge(registry, "dengine.disk.total", BYTES, "all space where the data is")
        .from(() -> data.toFile().getTotalSpace());
  }

  private void bindLog(MeterRegistry registry) {
    gauge(registry, "dengine.log.entries", "entries", "entries in the log")
        .from(() -> status().lastIndex() - status().history().firstIndex() + 1);
    gauge(registry, "dengine.log.bytes", BYTES, "size of the log's files")
        .from(() -> bytes(config.dataDir()));
    SnapshotOptions snapshots = config.snapshots();
    long entries = snapshots.policy().maxEntries();
    if (entries != Long.MAX_VALUE) {
      gauge(
              registry,
              "dengine.log.limit.entries",
              "entries",
              "entries that a healthy log stays below: those retained, and twice what a snapshot is"
                  + " taken after")
          .from(() -> snapshots.retainedLogEntries() + 2.0 * entries);
    }
    long bytes = snapshots.policy().maxBytes();
    if (bytes != Long.MAX_VALUE) {
      gauge(
              registry,
              "dengine.log.limit.bytes",
              BYTES,
              "size that a healthy log stays below: what is retained, twice what a snapshot is"
                  + " taken after, and three files")
          .from(
              () ->
                  snapshots.retainedLogBytes()
                      + 2.0 * bytes
                      + 3.0 * StorageOptions.DEFAULT.segmentBytes());
    }
  }

  private void bindSnapshots(MeterRegistry registry) {
    gauge(registry, "dengine.snapshot.age", SECONDS, "age of the newest snapshot, NaN if none")
        .from(() -> newest(kept -> kept.ageMillis() / MILLIS_PER_SECOND));
    gauge(registry, "dengine.snapshot.bytes", BYTES, "size of the newest snapshot, NaN if none")
        .from(() -> newest(NodeStatus.Kept::bytes));
    gauge(registry, "dengine.snapshot.duration", SECONDS, "time to write the last snapshot taken")
        .from(() -> engine.node().snapshotActivity().lastMillis() / MILLIS_PER_SECOND);
    counter(registry, "dengine.snapshot.taken", "snapshots taken", SnapshotActivity::taken);
    counter(
        registry,
        "dengine.snapshot.failed",
        "attempts to take a snapshot that failed",
        SnapshotActivity::failed);
  }

  private double newest(ToDoubleFunction<NodeStatus.Kept> value) {
    return status().history().snapshot().map(value::applyAsDouble).orElse(Double.NaN);
  }

  private void bindTransfers(MeterRegistry registry) {
    gauge(registry, "dengine.transfer.active", null, "snapshots on their way to or from others")
        .from(() -> status().history().transfers().size());
    counter(registry, "dengine.transfer.sent", "snapshots sent", SnapshotActivity::sent);
    counter(
        registry, "dengine.transfer.received", "snapshots received", SnapshotActivity::received);
    counter(
        registry,
        "dengine.transfer.resumed",
        "transfers from others that went on with what was there",
        SnapshotActivity::resumed);
    counter(
        registry,
        "dengine.transfer.failed",
        "transfers that ended before all was there",
        SnapshotActivity::transfersFailed);
    volume(registry, "sent", SnapshotActivity::bytesSent);
    volume(registry, "received", SnapshotActivity::bytesReceived);
  }

  private void volume(
      MeterRegistry registry, String direction, ToDoubleFunction<SnapshotActivity> value) {
    FunctionCounter.builder(
            "dengine.transfer.volume",
            engine,
            e -> value.applyAsDouble(e.node().snapshotActivity()))
        .tags(node.and("direction", direction))
        .baseUnit(BYTES)
        .description("bytes of snapshots sent to others and received from them")
        .register(registry);
  }

  private void bindRequests(MeterRegistry registry) {
    FunctionCounter.builder("dengine.client.requests", engine, _ -> activity.get().requests())
        .tags(node)
        .description("reads and writes of clients that came over the network")
        .register(registry);
    FunctionTimer.builder(
            "dengine.client.writes",
            engine,
            _ -> activity.get().writes(),
            _ -> activity.get().writeNanos(),
            TimeUnit.NANOSECONDS)
        .tags(node)
        .description("writes that were acknowledged, and the time from arrival to acknowledgement")
        .register(registry);
  }

  private void bindFailures(MeterRegistry registry) {
    failures(registry, "overloaded", FailedCalls::overloaded);
    failures(registry, "not_leader", FailedCalls::notLeader);
    failures(registry, "unavailable", FailedCalls::unavailable);
    failures(registry, "outcome_unknown", FailedCalls::outcomeUnknown);
    failures(registry, "other", FailedCalls::other);
  }

  private void failures(
      MeterRegistry registry, String reason, ToDoubleFunction<FailedCalls> value) {
    FunctionCounter.builder(
            "dengine.client.failures", engine, e -> value.applyAsDouble(e.client().failedCalls()))
        .tags(node.and("reason", reason))
        .description(
            "reads and writes that this node did not serve: overloaded, not_leader, unavailable,"
                + " outcome_unknown, other")
        .register(registry);
  }

  private void bindLimits(MeterRegistry registry) {
    gauge(
            registry,
            "dengine.engine.limit.calls",
            null,
            "calls that may wait for the event loop, and readers for the state machine")
        .from(NodeOptions.DEFAULT::maxPendingCalls);
    gauge(
            registry,
            "dengine.raft.limit.unapplied",
            BYTES,
            "entries that may be unapplied; beyond it writes are refused")
        .from(() -> config.raft().maxUnappliedBytes());
    gauge(
            registry,
            "dengine.raft.limit.pending.reads",
            null,
            "reads that may wait for a confirmation of leadership")
        .from(() -> config.raft().maxPendingReads());
    gauge(registry, "dengine.watch.limit.watchers", null, "watches that there may be")
        .from(() -> config.watch().maxWatchers());
  }

  private void counter(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<SnapshotActivity> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.node().snapshotActivity()))
        .tags(node)
        .description(description)
        .register(registry);
  }

  /// Says where a gauge takes its value from.
  private interface Unread {
    void from(Supplier<Number> value);
  }

  private Unread gauge(
      MeterRegistry registry, String name, @Nullable String unit, String description) {
    return value ->
        Gauge.builder(name, value)
            .tags(node)
            .baseUnit(unit)
            .description(description)
            .register(registry);
  }

  /// The files have their full size from the beginning, so this is what they take from the disk.
  private static double bytes(Path directory) {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "log-*.seg")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    } catch (IOException | DirectoryIteratorException gone) {
      // A file may be deleted while it is looked at: the next reading tells.
      return Double.NaN;
    }
    return bytes;
  }

  // One state for all meters of a reading, and no load from many readers.
  private synchronized NodeStatus status() {
    NodeStatus known = latest;
    if (known == null || System.nanoTime() - latestNanos > STALE_NANOS) {
      known = engine.status();
      latest = known;
      latestNanos = System.nanoTime();
    }
    return known;
  }
}
