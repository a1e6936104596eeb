package dengine.engine;

import dengine.engine.spi.Clock;
import java.util.concurrent.locks.LockSupport;

/// Wakes the event loop when its next deadline has come.
final class Ticker {

  private final Clock clock;
  private final EventLoop loop;
  private final Thread thread;
  private volatile long deadline = Long.MAX_VALUE;
  private volatile long sleepsUntil = Long.MIN_VALUE;
  private volatile boolean closed;

  Ticker(String name, Clock clock, EventLoop loop) {
    this.clock = clock;
    this.loop = loop;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// Sets the next deadline, by the node's clock. Called by the event loop only.
  void wakeAt(long time) {
    if (time != deadline) {
      deadline = time;
      if (time < sleepsUntil) {
        LockSupport.unpark(thread);
      }
    }
  }

  void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!closed) {
      long due = deadline;
      sleepsUntil = due;
      if (due != deadline) {
        continue; // moved while we were about to sleep
      }
      long wait = due - clock.nanoTime();
      if (due == Long.MAX_VALUE) {
        LockSupport.park(this);
      } else if (wait > 0) {
        LockSupport.parkNanos(this, wait);
      } else {
        sleepsUntil = Long.MIN_VALUE;
        deadline = Long.MAX_VALUE; // the turn that follows sets the next one
        loop.tick();
      }
    }
  }
}
