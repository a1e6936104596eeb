package dengine.interleaving;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// An event loop for the model checker: runs one step at a time in the order they came, refuses
/// steps once it was shut down. Time does not pass: what is scheduled never runs.
public final class SerialLoop extends AbstractExecutorService implements ScheduledExecutorService {

  private final Together threads;
  private final Queue<Runnable> steps = new ArrayDeque<>();
  private boolean running;
  private boolean ended;
  private @Nullable Thread runner;

  /// @param threads that the steps run on
  public SerialLoop(Together threads) {
    super();
    this.threads = threads;
  }

  /// Whether this thread is running a step.
  public synchronized boolean runsHere() {
    return Thread.currentThread().equals(runner);
  }

  @Override
  public synchronized void execute(Runnable step) {
    if (ended) {
      throw new RejectedExecutionException("the loop has ended");
    }
    steps.add(step);
    if (!running) {
      running = true;
      threads.execute(this::runAll);
    }
  }

  private void runAll() {
    for (Runnable step = next(); step != null; step = next()) {
      step.run();
    }
  }

  private synchronized @Nullable Runnable next() {
    Runnable step = steps.poll();
    running = step != null;
    runner = running ? Thread.currentThread() : null;
    return step;
  }

  @Override
  public synchronized void shutdown() {
    ended = true;
  }

  @Override
  public synchronized boolean isShutdown() {
    return ended;
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable step, long delay, TimeUnit unit) {
    return new Never<>(() -> null);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> step, long delay, TimeUnit unit) {
    return new Never<>(step);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable step, long delay, long period, TimeUnit unit) {
    return new Never<>(() -> null);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable step, long delay, long pause, TimeUnit unit) {
    return new Never<>(() -> null);
  }

  @Override
  public List<Runnable> shutdownNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isTerminated() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  private static final class Never<V> extends FutureTask<V> implements ScheduledFuture<V> {

    Never(Callable<V> step) {
      super(step);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return Long.MAX_VALUE;
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }
  }
}
