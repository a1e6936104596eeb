package dengine.embedded;

import dengine.engine.NodeStatus;
import dengine.kv.watch.WatchActivity;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// What a node counts, as Micrometer's meters; their names begin with `dengine.`. For applications
/// that have Micrometer anyway: it is an optional dependency of this artifact.
///
/// ```java
/// EngineMetrics metrics = new EngineMetrics(engine);
/// metrics.bindTo(registry);
/// ```
///
/// Reading a meter asks the node for its state at most twice a second. Safe for any number of
/// threads.
public final class EngineMetrics implements MeterBinder {

  private static final long STALE_NANOS = Duration.ofMillis(500).toNanos();

  private final EmbeddedEngine engine;
  private final Tags node;
  private final List<MultiGauge> peerLags = new CopyOnWriteArrayList<>();

  private @Nullable NodeStatus latest;
  private long latestNanos;

  /// @param engine whose meters these are; each has a tag `node` with its number
  public EngineMetrics(EmbeddedEngine engine) {
    this.engine = engine;
    this.node = Tags.of("node", String.valueOf(engine.nodeId()));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    peerLags.add(
        MultiGauge.builder("dengine.raft.peer.lag")
            .tags(node)
            .description("entries a peer is behind the end of this leader's log")
            .register(registry));
    raft(registry);
    queues(registry);
    Gauge.builder("dengine.raft.leading", engine, e -> e.isLeader() ? 1 : 0)
        .tags(node)
        .description("1 if this node leads")
        .register(registry);
    Gauge.builder("dengine.node.serving", engine, e -> e.lifecycle().state().isServing() ? 1 : 0)
        .tags(node)
        .description("1 if this node serves: it knows a leader that does, or is it")
        .register(registry);
    watches(registry);
    FunctionTimer.builder(
            "dengine.log.fsync",
            engine.node(),
            n -> n.logActivity().forces(),
            n -> n.logActivity().forceNanos(),
            TimeUnit.NANOSECONDS)
        .tags(node)
        .description("syncs of the log")
        .register(registry);
  }

  private void raft(MeterRegistry registry) {
    gauge(registry, "dengine.raft.term", "the node's term", NodeStatus::term);
    gauge(registry, "dengine.raft.last.index", "end of the node's log", NodeStatus::lastIndex);
    gauge(
        registry,
        "dengine.raft.commit.index",
        "up to where it is committed",
        NodeStatus::commitIndex);
    gauge(
        registry,
        "dengine.raft.applied.index",
        "up to where it is applied",
        NodeStatus::appliedIndex);
    gauge(registry, "dengine.raft.leader", "number of the leader, 0 for none", NodeStatus::leader);
  }

  private void queues(MeterRegistry registry) {
    gauge(registry, "dengine.engine.calls", "calls that have not ended", s -> s.load().calls());
    gauge(
        registry,
        "dengine.engine.events",
        "calls and messages in the queue",
        s -> s.load().events());
    gauge(
        registry,
        "dengine.engine.readers",
        "readers that wait for the state machine",
        s -> s.load().readers());
    gauge(
        registry,
        "dengine.log.unwritten",
        "changes not yet durable",
        s -> s.load().core().unwritten());
    gauge(
        registry,
        "dengine.raft.unapplied.bytes",
        "entries not yet applied",
        s -> s.load().core().unappliedBytes());
    gauge(
        registry, "dengine.raft.tail.bytes", "entries in memory", s -> s.load().core().tailBytes());
    gauge(
        registry,
        "dengine.raft.pending.reads",
        "reads that wait for a confirmation of leadership",
        s -> s.load().core().pendingReads());
  }

  private void watches(MeterRegistry registry) {
    watchGauge(registry, "dengine.watch.watchers", "watches at present", WatchActivity::watchers);
    watchGauge(
        registry,
        "dengine.watch.history.changes",
        "changes that are kept",
        WatchActivity::historySize);
    watchGauge(
        registry, "dengine.watch.history.bytes", "bytes of them", WatchActivity::historyBytes);
    watchGauge(
        registry,
        "dengine.watch.oldest.revision",
        "the oldest revision that a watch may start from",
        WatchActivity::oldestRevision);
    watchCounter(registry, "dengine.watch.events", "events told", WatchActivity::delivered);
    watchCounter(
        registry,
        "dengine.watch.overflows",
        "watches that were canceled because they were too slow",
        WatchActivity::overflows);
  }

  private void watchGauge(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<WatchActivity> value) {
    Gauge.builder(name, engine, e -> value.applyAsDouble(e.watchActivity()))
        .tags(node)
        .description(description)
        .register(registry);
  }

  private void watchCounter(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<WatchActivity> value) {
    FunctionCounter.builder(name, engine, e -> value.applyAsDouble(e.watchActivity()))
        .tags(node)
        .description(description)
        .register(registry);
  }

  /// Brings `dengine.raft.peer.lag` up to date, whose peers change. To be called before meters are
  /// read by those who want to see it.
  public void refresh() {
    NodeStatus now = status();
    List<MultiGauge.Row<Number>> rows = new ArrayList<>();
    for (NodeStatus.Peer peer : now.peers()) {
      rows.add(
          MultiGauge.Row.of(
              Tags.of("peer", String.valueOf(peer.id())),
              Math.max(0, now.lastIndex() - peer.matchIndex())));
    }
    for (MultiGauge lags : peerLags) {
      lags.register(rows, true);
    }
  }

  private void gauge(
      MeterRegistry registry, String name, String description, ToDoubleFunction<NodeStatus> value) {
    Gauge.builder(name, this, metrics -> value.applyAsDouble(metrics.status()))
        .tags(node)
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
}
