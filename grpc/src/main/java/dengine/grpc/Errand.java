package dengine.grpc;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/// What an event loop has to do again when anybody asks: any thread may, any number of times, and
/// one run serves all who asked before it began.
final class Errand {

  private final Executor loop;
  private final Runnable task;
  private final AtomicBoolean queued = new AtomicBoolean();
  private final Runnable run = this::run;

  Errand(Executor loop, Runnable task) {
    this.loop = loop;
    this.task = task;
  }

  void ask() {
    if (queued.compareAndSet(false, true)) {
      try {
        loop.execute(run);
      } catch (RejectedExecutionException e) {
        // The transport was closed, and what was left to do with it.
      }
    }
  }

  private void run() {
    // Before the task: whoever asks from now on may be too late for this run.
    queued.set(false);
    task.run();
  }
}
