package dengine.embedded;

import java.lang.StackWalker.StackFrame;
import java.lang.ref.Cleaner;
import java.lang.ref.Cleaner.Cleanable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reports in the log what an application has started, lost and not closed, with the place where
/// it was started: an engine, or what somebody makes around one.
///
/// Whoever makes something holds the report in it, and calls [#watch] when it is made and [#ended]
/// when it is closed or over. What its threads hold on to must not be the thing itself: nobody
/// would notice that the application has lost it. Any thread.
public final class LossReport {

  private static final System.Logger LOG = System.getLogger(LossReport.class.getName());
  private static final Cleaner LOST = Cleaner.create();
  private static final int FRAMES = 8;

  private final Loss loss;
  private volatile @Nullable Cleanable watched;

  private LossReport(Loss loss) {
    this.loss = loss;
  }

  /// Made on the thread that starts the thing.
  ///
  /// @param what it is: `engine`
  /// @param node the number of its node
  /// @param makers classes that made it, whose frames say nothing about who lost it
  public static LossReport of(String what, int node, Class<?>... makers) {
    List<StackFrame> startedAt =
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames
                        .dropWhile(frame -> isOf(frame, LossReport.class) || isOf(frame, makers))
                        .limit(FRAMES)
                        .collect(Collectors.toUnmodifiableList()));
    return new LossReport(new Loss(what, node, startedAt));
  }

  private static boolean isOf(StackFrame frame, Class<?>... makers) {
    return Arrays.stream(makers)
        .map(Class::getName)
        .anyMatch(
            name ->
                frame.getClassName().equals(name) || frame.getClassName().startsWith(name + "$"));
  }

  /// Reports it if this is lost before its end.
  public void watch(Object thing) {
    watched = LOST.register(thing, loss);
  }

  /// There is nothing to report any more.
  public void ended() {
    loss.ended = true;
    Cleanable cleanable = watched;
    if (cleanable != null) {
      cleanable.clean();
    }
  }

  /// What is left to say when a thing is gone. It holds on to nothing of it: whoever is waited for
  /// by a [Cleaner] would otherwise never go.
  private static final class Loss implements Runnable {
    private final String what;
    private final int node;
    private final List<StackFrame> startedAt;
    private volatile boolean ended;

    Loss(String what, int node, List<StackFrame> startedAt) {
      this.what = what;
      this.node = node;
      this.startedAt = startedAt;
    }

    @Override
    public void run() {
      if (!ended) {
        LOG.log(
            System.Logger.Level.WARNING,
            "event=not-closed node={0} detail=\"the {1} that was started here is used by nobody"
                + " any more, and was not closed; it goes on until the process ends\" at={2}",
            String.valueOf(node),
            what,
            startedAt.stream().map(StackFrame::toString).collect(Collectors.joining(" < ")));
      }
    }
  }
}
