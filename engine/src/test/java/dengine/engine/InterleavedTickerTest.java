package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.interleaving.Together;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the ticker's rounds against a loop that sets deadlines, in every order
/// it can think of. The worker is one that a test can ask what it would do: whether it sleeps past
/// a deadline although nobody wakes it.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedTickerTest {

  private static final int INVOCATIONS = 1_000;

  @Test
  void theTickerNeverSleepsPastTheDeadlineThatWasSetLast() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Sleeper sleeper = new Sleeper();
          Ticker ticker = new Ticker("ticker", sleeper, sleeper, () -> {}, _ -> {});
          Together.share(ticker, sleeper);
          Together.run(
              new Together(),
              sleeper::runOnce,
              () -> {
                ticker.wakeAt(70);
                ticker.wakeAt(50);
              });
          sleeper.mustBeUpBy(50);
        });
  }

  @Test
  void aDeadlineThatHasPassedIsTicked() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Sleeper sleeper = new Sleeper();
          int[] ticks = new int[1];
          Ticker ticker = new Ticker("ticker", sleeper, sleeper, () -> ticks[0]++, _ -> {});
          Together.share(ticker, sleeper, ticks);
          Together.run(new Together(), sleeper::runOnce, () -> ticker.wakeAt(-1));
          if (ticks[0] == 0) {
            sleeper.mustBeUpBy(-1);
            sleeper.runOnce();
          }
          if (ticks[0] != 1) {
            throw new AssertionError(ticks[0] + " ticks");
          }
        });
  }

  /// It is always 0 here. A round runs when the test says so, and again if it was woken meanwhile.
  private static final class Sleeper implements Clock, Execution, Execution.Worker {
    private Round round;
    private volatile boolean woken;
    private volatile long sleepsUntil = Long.MIN_VALUE;

    void runOnce() {
      woken = false;
      sleepsUntil = round.run();
    }

    void mustBeUpBy(long deadline) {
      if (!woken && sleepsUntil > deadline) {
        throw new AssertionError("sleeps until " + sleepsUntil + ", past " + deadline);
      }
    }

    @Override
    public Worker worker(String name, Clock clock, Round work) {
      round = work;
      return this;
    }

    @Override
    public void wake() {
      woken = true;
    }

    @Override
    public void start() {}

    @Override
    public void close() {}

    @Override
    public void execute(Runnable task) {
      throw new UnsupportedOperationException();
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
  }
}
