package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import java.util.function.Consumer;

/// Wakes the event loop when its next deadline has come.
final class Ticker {

  private static final long RETRY_NANOS = 20_000_000;

  private final Clock clock;
  private final Runnable tick;
  private final Consumer<Throwable> broken;
  private final Execution.Worker worker;
  private volatile long deadline = Long.MAX_VALUE;
  private volatile long sleepsUntil = Long.MIN_VALUE;
  private volatile boolean closed;

  /// @param tick what to do when a deadline has come
  /// @param broken told what `tick` failed with, say for want of memory: a node for which time
  ///     stands still would lead on, and never learn that nobody follows it
  Ticker(String name, Clock clock, Execution execution, Runnable tick, Consumer<Throwable> broken) {
    this.clock = clock;
    this.tick = tick;
    this.broken = broken;
    this.worker = execution.worker(name, clock, this::round);
  }

  void start() {
    worker.start();
  }

  /// Sets the next deadline, by the node's clock. Called by the event loop only.
  void wakeAt(long time) {
    if (time != deadline) {
      deadline = time;
      if (time < sleepsUntil) {
        worker.wake();
      }
    }
  }

  void close() {
    closed = true;
    worker.close();
  }

  private void tick() {
    try {
      tick.run();
    } catch (RuntimeException | Error failure) {
      tell(failure);
    }
  }

  private void tell(Throwable failure) {
    try {
      broken.accept(failure);
    } catch (RuntimeException | Error again) {
      // The next tick fails as well, and is told, or time goes on.
    }
  }

  private long round() {
    while (!closed) {
      long due = deadline;
      if (due != Long.MAX_VALUE && due - clock.nanoTime() <= 0) {
        sleepsUntil = Long.MIN_VALUE;
        // The turn that follows sets the next one; if nobody comes to it, this tries again to.
        deadline = clock.nanoTime() + RETRY_NANOS;
        tick();
      } else {
        sleepsUntil = due;
        if (due == deadline) { // otherwise it moved while this was about to sleep
          return due;
        }
      }
    }
    return Long.MAX_VALUE;
  }
}
