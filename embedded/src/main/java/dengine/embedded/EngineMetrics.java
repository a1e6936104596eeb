package dengine.embedded;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/// What a node counts, as Micrometer's meters; their names begin with `dengine.`. For applications
/// that have Micrometer anyway: it is an optional dependency of this artifact. `docs/metrics.md`
/// lists them.
///
/// ```java
/// new EngineMetrics(engine).bindTo(registry);
/// ```
///
/// Nothing has to be kept or called afterwards. The meters hold on to nothing of the engine: those
/// of one that is lost say NaN, or what they counted last. Reading them asks the node for its state
/// at most twice a second. Safe for any number of threads.
public final class EngineMetrics implements MeterBinder {

  private final EmbeddedEngine engine;
  private final LatestStatus status;

  /// @param engine whose meters these are; each has a tag `node` with its number
  public EngineMetrics(EmbeddedEngine engine) {
    this(engine, new LatestStatus());
  }

  EngineMetrics(EmbeddedEngine engine, LatestStatus status) {
    this.engine = engine;
    this.status = status;
  }

  /// Takes the place of the meters of an engine that had the same number, in this registry: an
  /// application may start its engine again.
  @Override
  public void bindTo(MeterRegistry registry) {
    Meters.removeThoseOf(engine.nodeId(), registry);
    Meters meters = new Meters(registry, engine, status);
    RaftMeters.bind(meters);
    LoadMeters.bind(meters, engine.config().raft(), engine.config().watch());
    CallMeters.bind(meters);
    StorageMeters.bind(meters, engine.config(), engine.files());
    SnapshotMeters.bind(meters);
    StoreMeters.bind(meters);
    WatchMeters.bind(meters);
    status.tell(new PeerLags(registry, engine, status)::show);
  }

  /// Has the next reading show exactly the peers that there are: without it, a
  /// `dengine.raft.peer.lag` that has just come to be may be there from the second reading on.
  public void refresh() {
    status.of(engine::status);
  }
}
