package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/// A node's threads for the model checker, and a clock that stands. A worker keeps its promises and
/// no more: in the checker a real one would wake by itself, and so hide a wake that is missing.
final class ModelledExecution implements Execution, Clock {

  private final Executor carrier;

  ModelledExecution(Executor carrier) {
    this.carrier = carrier;
  }

  @Override
  public void execute(Runnable task) {
    carrier.execute(task);
  }

  @Override
  public Worker worker(String name, Clock clock, Round round) {
    return new OnDemand(round);
  }

  @Override
  public void runLast(String name, Clock clock, Round end) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public long wallMillis() {
    return 0;
  }

  /// Has a thread while it has been woken and not answered.
  private final class OnDemand implements Worker {
    private final Round round;
    private final AtomicInteger wakes = new AtomicInteger();
    private boolean closed;

    OnDemand(Round round) {
      this.round = round;
    }

    @Override
    public void start() {
      wake();
    }

    @Override
    public void wake() {
      if (wakes.getAndIncrement() == 0) {
        carrier.execute(this::answer);
      }
    }

    @Override
    public void close() {
      runOnce(true);
    }

    private void answer() {
      for (int answered = -1; answered != wakes.get() || !wakes.compareAndSet(answered, 0); ) {
        answered = wakes.get();
        runOnce(false);
      }
    }

    private synchronized void runOnce(boolean last) {
      if (!closed) {
        round.run();
        closed = last;
      }
    }
  }
}
