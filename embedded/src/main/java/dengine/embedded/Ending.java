package dengine.embedded;

import dengine.engine.Node;
import dengine.grpc.ClientServices;
import java.lang.StackWalker.StackFrame;
import java.lang.ref.Cleaner;
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
  private final List<StackFrame> startedAt;

  /// By which nodes join and operators change the cluster; null if this node is not reached, or
  /// somebody else serves at its transport.
  private volatile @Nullable ClientServices services;

  /// Made where the application starts an engine.
  Ending(Node node) {
    this.node = node;
    this.startedAt =
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames
                        .dropWhile(Ending::isOurs)
                        .limit(FRAMES)
                        .collect(Collectors.toUnmodifiableList()));
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
    var _ = LOST.register(engine, this::reportIfLost);
  }

  private void reportIfLost() {
    if (!node.condition().isEnding()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "event=not-closed node={0} detail=\"the engine that was started here is used by nobody"
              + " any more, and was not closed; it goes on until the process ends\" at={1}",
          String.valueOf(node.id()),
          startedAt.stream().map(StackFrame::toString).collect(Collectors.joining(" < ")));
    }
  }

  void close() {
    node.announceStop();
    ClientServices others = services;
    if (others != null) {
      others.close();
    }
    node.close();
  }
}
