package dengine.interleaving;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Threads for the model checker, which knows no virtual ones: as an executor, one per task. Those
/// who wait for them see what went wrong in them.
@SuppressWarnings({"missing-explicit-ctor", "UnusedVariable"})
public final class Together implements Executor {

  private static volatile Object[] shared = {};

  private final List<Thread> threads = new ArrayList<>();
  private volatile @Nullable Throwable failure;

  /// Tells the model checker that threads meet in these: it takes an object that only a lambda
  /// knows for one that belongs to a single thread, and then tries nothing.
  public static void share(Object... objects) {
    shared = objects;
  }

  /// Runs these at the same time and waits for them, and for what they gave to this executor.
  public static void run(Together carrier, Runnable... tasks) {
    for (Runnable task : tasks) {
      carrier.execute(task);
    }
    carrier.await();
  }

  @Override
  public void execute(Runnable task) {
    Thread thread = new Thread(() -> runSafely(task));
    synchronized (threads) {
      threads.add(thread);
    }
    thread.start();
  }

  private void runSafely(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /// Waits until all threads have ended, those included that start meanwhile.
  public void await() {
    try {
      for (Thread next = next(0); next != null; ) {
        next.join();
        next = next(1);
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (failure != null) {
      throw new AssertionError(failure);
    }
  }

  private @Nullable Thread next(int done) {
    synchronized (threads) {
      threads.subList(0, done).clear();
      return threads.isEmpty() ? null : threads.get(0);
    }
  }
}
