package dengine.embedded;

import dengine.engine.Node;
import dengine.grpc.ClientServices;
import org.jspecify.annotations.Nullable;

/// How an engine ends, apart from the engine: what its threads hold on to must not be the engine
/// itself, or nobody would notice that the application has lost it.
///
/// One that the application has lost and not closed is reported. It goes on: others may depend on
/// the node.
final class Ending {

  private final Node node;
  private final LossReport loss;

  /// By which nodes join and operators change the cluster; null if this node is not reached, or
  /// somebody else serves at its transport.
  private volatile @Nullable ClientServices services;

  /// Made where the application starts an engine.
  Ending(Node node) {
    this.node = node;
    this.loss = LossReport.of("engine", node.id(), Ending.class, EmbeddedEngine.class);
    var _ = node.terminated().whenComplete((_, _) -> loss.ended());
  }

  /// Serves others until the end.
  void serves(ClientServices others) {
    services = others;
  }

  /// Reports it if the engine is lost before its end.
  void watch(EmbeddedEngine engine) {
    loss.watch(engine);
  }

  void close() {
    loss.ended();
    node.announceStop();
    ClientServices others = services;
    if (others != null) {
      others.close();
    }
    node.close();
  }
}
