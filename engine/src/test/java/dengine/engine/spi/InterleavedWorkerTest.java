package dengine.engine.spi;

import dengine.interleaving.Together;
import java.util.concurrent.CountDownLatch;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run a worker, those who wake it and the one who closes it in every order
/// it can think of. It lets every sleeper wake by itself, so a wake that is lost is for
/// [WorkerTest] to find.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedWorkerTest {

  private static final int INVOCATIONS = 600;
  private static final Clock STANDING = new StandingClock();

  @Test
  void aRoundFollowsEveryWake() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          CountDownLatch bothSeen = new CountDownLatch(1);
          Bench bench = new Bench(bothSeen::countDown);
          Execution.Worker worker = Execution.THREADS.worker("worker", STANDING, bench);
          Together.share(worker, bench);
          worker.start();
          Together.run(new Together(), () -> bench.leave(0, worker), () -> bench.leave(1, worker));
          awaits(bothSeen);
          worker.close();
          bench.check();
        });
  }

  @Test
  void closeWaitsForALastRoundThatFindsAllThereIs() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench(() -> {});
          Execution.Worker worker = Execution.THREADS.worker("worker", STANDING, bench);
          Together.share(worker, bench);
          worker.start();
          Together.run(
              new Together(),
              () -> bench.leave(0, worker),
              () -> {
                bench.leave(1, worker);
                worker.close();
                if (!bench.seen[1]) {
                  throw new AssertionError("closed without a last round");
                }
              });
        });
  }

  @Test
  void aWorkerThatNeverStartedClosesAtOnce() {
    Lincheck.runConcurrentTest(
        10,
        () -> {
          Bench bench = new Bench(() -> {});
          Execution.Worker worker = Execution.THREADS.worker("worker", STANDING, bench);
          bench.leave(0, worker);
          worker.close();
        });
  }

  private static void awaits(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// Work to do, and what the rounds found of it. What is seen is a plain field on purpose: only
  /// the worker writes it, and whoever was told that it did may read it.
  private static final class Bench implements Execution.Round {
    private final Runnable complete;
    private volatile boolean first;
    private volatile boolean second;
    private final boolean[] seen = new boolean[2];
    private boolean running;
    private boolean overlap;

    Bench(Runnable complete) {
      this.complete = complete;
    }

    void leave(int item, Execution.Worker worker) {
      if (item == 0) {
        first = true;
      } else {
        second = true;
      }
      worker.wake();
    }

    @Override
    public long run() {
      overlap |= running;
      running = true;
      seen[0] |= first;
      seen[1] |= second;
      if (seen[0] && seen[1]) {
        complete.run();
      }
      running = false;
      return Long.MAX_VALUE;
    }

    void check() {
      if (!seen[0] || !seen[1] || overlap || running) {
        throw new AssertionError("not seen, or two rounds at a time");
      }
    }
  }
}
