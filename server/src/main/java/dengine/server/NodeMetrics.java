package dengine.server;

import dengine.embedded.EmbeddedEngine;
import dengine.engine.NodeStatus;
import dengine.kv.watch.WatchActivity;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What a node counts, as meters. Reading one asks the node for its state at most twice a second.
final class NodeMetrics implements AutoCloseable {

  private static final long STALE_NANOS = Duration.ofMillis(500).toNanos();

  private final EmbeddedEngine engine;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MultiGauge peerLag =
      MultiGauge.builder("dengine.raft.peer.lag")
          .description("entries a peer is behind the end of this leader's log")
          .register(registry);

  private @Nullable NodeStatus latest;
  private long latestNanos;

  NodeMetrics(EmbeddedEngine engine) {
    this.engine = engine;
    Tags node = Tags.of("node", String.valueOf(engine.nodeId()));
    registry.config().commonTags(node);
    gauge("dengine.raft.term", "the node's term", NodeStatus::term);
    gauge("dengine.raft.last.index", "end of the node's log", NodeStatus::lastIndex);
    gauge("dengine.raft.commit.index", "up to where it is committed", NodeStatus::commitIndex);
    gauge("dengine.raft.applied.index", "up to where it is applied", NodeStatus::appliedIndex);
    gauge("dengine.raft.leader", "number of the leader, 0 for none", NodeStatus::leader);
    gauge("dengine.engine.calls", "calls that have not ended", s -> s.load().calls());
    gauge("dengine.engine.events", "calls and messages in the queue", s -> s.load().events());
    gauge(
        "dengine.engine.readers",
        "readers that wait for the state machine",
        s -> s.load().readers());
    gauge("dengine.log.unwritten", "changes not yet durable", s -> s.load().core().unwritten());
    gauge(
        "dengine.raft.unapplied.bytes",
        "entries not yet applied",
        s -> s.load().core().unappliedBytes());
    gauge("dengine.raft.tail.bytes", "entries in memory", s -> s.load().core().tailBytes());
    gauge(
        "dengine.raft.pending.reads",
        "reads that wait for a confirmation of leadership",
        s -> s.load().core().pendingReads());
    Gauge.builder("dengine.raft.leading", engine, e -> e.isLeader() ? 1 : 0)
        .description("1 if this node leads")
        .register(registry);
    watches();
    FunctionTimer.builder(
            "dengine.log.fsync",
            engine.node(),
            n -> n.logActivity().forces(),
            n -> n.logActivity().forceNanos(),
            TimeUnit.NANOSECONDS)
        .description("syncs of the log")
        .register(registry);
  }

  private void watches() {
    watchGauge("dengine.watch.watchers", "watches at present", WatchActivity::watchers);
    watchGauge(
        "dengine.watch.history.changes", "changes that are kept", WatchActivity::historySize);
    watchGauge("dengine.watch.history.bytes", "bytes of them", WatchActivity::historyBytes);
    watchGauge(
        "dengine.watch.oldest.revision",
        "the oldest revision that a watch may start from",
        WatchActivity::oldestRevision);
    watchCounter("dengine.watch.events", "events told", WatchActivity::delivered);
    watchCounter(
        "dengine.watch.overflows",
        "watches that were canceled because they were too slow",
        WatchActivity::overflows);
  }

  private void watchGauge(String name, String description, ToDoubleFunction<WatchActivity> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.watchActivity()))
        .description(description)
        .register(registry);
  }

  private void watchCounter(
      String name, String description, ToDoubleFunction<WatchActivity> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.watchActivity()))
        .description(description)
        .register(registry);
  }

  MeterRegistry registry() {
    return registry;
  }

  String scrape() {
    NodeStatus now = status();
    peerLag.register(
        now.peers().stream()
            .map(
                peer ->
                    MultiGauge.Row.of(
                        Tags.of("peer", String.valueOf(peer.id())),
                        Math.max(0, now.lastIndex() - peer.matchIndex())))
            .toList(),
        true);
    return registry.scrape();
  }

  private void gauge(String name, String description, ToDoubleFunction<NodeStatus> value) {
    Gauge.builder(name, this, metrics -> value.applyAsDouble(metrics.status()))
        .description(description)
        .register(registry);
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

  @Override
  public void close() {
    registry.close();
  }
}
