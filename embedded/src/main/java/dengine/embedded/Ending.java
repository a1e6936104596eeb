package dengine.embedded;

import dengine.engine.Node;
import dengine.grpc.ClientServices;
import java.lang.StackWalker.StackFrame;
import java.lang.ref.Cleaner;
import java.lang.ref.Cleaner.Cleanable;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How an engine ends, apart from the engine: what its threads hold on to must not be the engine
/// itself, or nobody would notice that the application has lost it.
///
/// One that the application has lost and not closed is reported, with the place where it was
/// started. It goes on: others may depend on the node.
final class Ending {

  private static final System.Logger LOG = System.getLogger(Ending.class.getName());
  private static final Cleaner LOST = Cleaner.create();
  private static final int FRAMES = 8;

  private final Node node;
  private final Loss loss;

  /// By which nodes join and operators change the cluster; null if this node is not reached, or
  /// somebody else serves at its transport.
  private volatile @Nullable ClientServices services;

  private volatile @Nullable Cleanable watched;

  /// Made where the application starts an engine.
  Ending(Node node) {
    this.node = node;
    this.loss =
        new Loss(
            node.id(),
            StackWalker.getInstance()
                .walk(
                    frames ->
                        frames
                            .dropWhile(Ending::isOurs)
                            .limit(FRAMES)
                            .collect(Collectors.toUnmodifiableList())));
    var _ = node.terminated().whenComplete((_, _) -> loss.ended = true);
  }

  private static boolean isOurs(StackFrame frame) {
    return frame.getClassName().equals(Ending.class.getName())
        || frame.getClassName().startsWith(EmbeddedEngine.class.getName());
  }

  /// Serves others until the end.
  void serves(ClientServices others) {
    services = others;
  }

  /// Reports it if the engine is lost before its end.
  void watch(EmbeddedEngine engine) {
    watched = LOST.register(engine, loss);
  }

  void close() {
    loss.ended = true;
    Cleanable cleanable = watched;
    if (cleanable != null) {
      cleanable.clean();
    }
    node.announceStop();
    ClientServices others = services;
    if (others != null) {
      others.close();
    }
    node.close();
  }

  /// What is left to say when an engine is gone. It holds on to nothing of it: whoever is waited
  /// for by a [Cleaner] would otherwise never go.
  private static final class Loss implements Runnable {
    private final int node;
    private final List<StackFrame> startedAt;
    private volatile boolean ended;

    Loss(int node, List<StackFrame> startedAt) {
      this.node = node;
      this.startedAt = startedAt;
    }

    @Override
    public void run() {
      if (!ended) {
        LOG.log(
            System.Logger.Level.WARNING,
            "event=not-closed node={0} detail=\"the engine that was started here is used by nobody"
                + " any more, and was not closed; it goes on until the process ends\" at={1}",
            String.valueOf(node),
            startedAt.stream().map(StackFrame::toString).collect(Collectors.joining(" < ")));
      }
    }
  }
}
