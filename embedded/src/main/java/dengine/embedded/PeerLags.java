package dengine.embedded;

import dengine.engine.NodeStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/// How far a leader's peers are behind, in one registry: the only meters that come and go. Which
/// there are follows each state that is asked for, so whoever reads meters keeps them right.
final class PeerLags {

  private final MultiGauge lags;
  private final WeakReference<EmbeddedEngine> engine;
  private final LatestStatus status;

  PeerLags(MeterRegistry registry, EmbeddedEngine engine, LatestStatus status) {
    this.engine = new WeakReference<>(engine);
    this.status = status;
    this.lags =
        MultiGauge.builder("dengine.raft.peer.lag")
            .tags(Meters.tags(engine))
            .description("entries a peer is behind the end of this leader's log")
            .register(registry);
  }

  /// Shows those peers that are in this state.
  void show(NodeStatus now) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (NodeStatus.Peer peer : now.peers()) {
      int id = peer.id();
      rows.add(MultiGauge.Row.of(Tags.of("peer", String.valueOf(id)), this, self -> self.lag(id)));
    }
    lags.register(rows);
  }

  private double lag(int id) {
    EmbeddedEngine present = engine.get();
    if (present == null) {
      return Double.NaN;
    }
    NodeStatus now = status.of(present::status);
    for (NodeStatus.Peer peer : now.peers()) {
      if (peer.id() == id) {
        return Math.max(0, now.lastIndex() - peer.matchIndex());
      }
    }
    return Double.NaN; // it has just gone
  }
}
