package dengine.engine.spi;

import java.util.concurrent.locks.LockSupport;

/// The threads of this machine.
final class ThreadedExecution implements Execution {

  @Override
  public void execute(Runnable task) {
    Thread.startVirtualThread(task);
  }

  @Override
  public Worker worker(String name, Clock clock, Round round) {
    return new ThreadedWorker(name, clock, round);
  }

  /// Files are closed by a thread that nobody can interrupt, and never by one of the engine's.
  @Override
  public void runLast(String name, Clock clock, Round end) {
    Thread.ofPlatform()
        .name(name)
        .start(
            () -> {
              for (long due = end.run(); due != Round.DONE; due = end.run()) {
                LockSupport.parkNanos(end, due - clock.nanoTime());
              }
            });
  }

  /// Whoever wakes it has first left work where a round finds it: the worker forgets that it was
  /// woken before it looks for work, and looks whether it was woken before it sleeps.
  private static final class ThreadedWorker implements Worker {
    private final Clock clock;
    private final Round round;
    private final Thread thread;
    private volatile boolean woken;
    private volatile boolean asleep;
    private volatile boolean closed;

    ThreadedWorker(String name, Clock clock, Round round) {
      this.clock = clock;
      this.round = round;
      this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    @Override
    public void start() {
      thread.start();
    }

    @Override
    public void wake() {
      if (!woken) {
        woken = true;
        if (asleep) {
          LockSupport.unpark(thread);
        }
      }
    }

    @Override
    public void close() {
      closed = true;
      LockSupport.unpark(thread);
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true; // the last round must end first
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private void run() {
      while (!closed) {
        woken = false;
        long due = round.run();
        asleep = true;
        sleep(due);
        asleep = false;
      }
      round.run();
    }

    private void sleep(long due) {
      while (!woken && !closed) {
        if (due == Long.MAX_VALUE) {
          LockSupport.park(this);
        } else {
          long wait = due - clock.nanoTime();
          if (wait <= 0) {
            return;
          }
          LockSupport.parkNanos(this, wait);
        }
      }
    }
  }
}
