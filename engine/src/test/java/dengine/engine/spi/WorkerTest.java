package dengine.engine.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Sleeping and waking with real threads: the model checker lets every sleeper wake by itself, so a
/// wake that is lost hangs here and nowhere else.
@Timeout(20)
final class WorkerTest {

  private static final int ROUNDS = 500_000;

  /// Keeps the delays from being optimized away.
  private int sink;

  @Test
  void aWakeThatMeetsTheWorkerFallingAsleepIsNotLost() {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    Execution.Worker worker =
        Execution.THREADS.worker(
            "worker",
            Clock.SYSTEM,
            () -> {
              int round = asked.get();
              done.set(round);
              delay(round % 300); // so that the next wake meets every step of the way to sleep
              return Long.MAX_VALUE;
            });
    worker.start();

    for (int round = 1; round <= ROUNDS; round++) {
      asked.set(round);
      worker.wake();
      while (done.get() != round) {
        assertThat(Thread.interrupted()).as("hangs in round %s", round).isFalse();
        Thread.onSpinWait();
      }
    }

    worker.close();
  }

  /// About a nanosecond per step.
  private void delay(int steps) {
    int value = sink;
    for (int step = 0; step < steps; step++) {
      value = value * 31 + step;
    }
    sink = value;
  }
}
