package dengine.client;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// A loop whose steps run when a test says so, on the thread that says it: with no thread of its
/// own a model check has fewer orders to try, and meets the rare ones.
class SteppedLoop extends ModelLoop {

  private final Queue<Runnable> steps = new ArrayDeque<>();
  private boolean ended;
  private volatile @Nullable Thread runner;

  /// Runs what was given to the loop, and what comes meanwhile.
  final void runSteps() {
    runner = Thread.currentThread();
    for (Runnable step = next(); step != null; step = next()) {
      step.run();
    }
    runner = null;
  }

  private synchronized @Nullable Runnable next() {
    return steps.poll();
  }

  @Override
  public boolean runsHere() {
    return Thread.currentThread().equals(runner);
  }

  @Override
  public synchronized void execute(Runnable step) {
    if (ended) {
      throw new RejectedExecutionException("the loop has ended");
    }
    steps.add(step);
  }

  @Override
  public void close() {
    synchronized (this) {
      ended = true;
    }
  }
}
