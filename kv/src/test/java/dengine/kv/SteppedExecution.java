package dengine.kv;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/// Threads and time that go on when a test says so, in the test's own thread.
public final class SteppedExecution implements Execution, Clock {

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<Stepped> workers = new ArrayList<>();
  private long now = 1_000_000_000L;

  /// Nothing has been done yet.
  public SteppedExecution() {}

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public long wallMillis() {
    return now / 1_000_000;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Worker worker(String name, Clock clock, Round round) {
    Stepped worker = new Stepped(round);
    workers.add(worker);
    return worker;
  }

  @Override
  public void runLast(String name, Clock clock, Round end) {
    throw new UnsupportedOperationException();
  }

  /// Does everything that can be done now.
  public void settle() {
    boolean more = true;
    while (more) {
      more = false;
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
        more = true;
      }
      for (Stepped worker : workers) {
        more |= worker.step();
      }
    }
  }

  /// Lets time pass, from one thing that is due to the next.
  public void pass(Duration time) {
    long end = now + time.toNanos();
    settle();
    for (long next = nextDue(); next <= end; next = nextDue()) {
      now = Math.max(now, next);
      settle();
    }
    now = end;
    settle();
  }

  private long nextDue() {
    return workers.stream().mapToLong(worker -> worker.due).min().orElse(Long.MAX_VALUE);
  }

  private final class Stepped implements Worker {
    private final Round round;
    private boolean started;
    private boolean woken;
    private boolean closed;
    private long due = Long.MAX_VALUE;

    Stepped(Round round) {
      this.round = round;
    }

    @Override
    public void start() {
      started = true;
      woken = true;
    }

    @Override
    public void wake() {
      woken = true;
    }

    @Override
    public void close() {
      if (started && !closed) {
        closed = true;
        due = Long.MAX_VALUE;
        round.run();
      }
    }

    private boolean step() {
      if (!started || closed || (!woken && due > now)) {
        return false;
      }
      woken = false;
      due = round.run();
      return true;
    }
  }
}
