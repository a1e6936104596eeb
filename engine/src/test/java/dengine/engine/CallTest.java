package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Waiting for a call with real threads: the model checker lets every sleeper wake by itself, so an
/// end that the caller misses hangs here and nowhere else.
@Timeout(20)
final class CallTest {

  private static final int ROUNDS = 500_000;

  /// Keeps the delays from being optimized away.
  private int sink;

  @Test
  void anEndThatMeetsTheCallerFallingAsleepIsNotMissed() throws Exception {
    AtomicReference<ReadCall> next = new AtomicReference<>();
    Thread ender = Thread.ofPlatform().daemon().start(() -> end(next));

    for (int round = 1; round <= ROUNDS; round++) {
      ReadCall call = new ReadCall(0, null);
      next.set(call);
      delay(round % 300); // so that the end meets every step of the way to sleep
      assertThat(call.await()).isEqualTo("done");
    }

    ender.join();
  }

  private static void end(AtomicReference<ReadCall> next) {
    for (int round = 1; round <= ROUNDS; round++) {
      ReadCall call = next.getAndSet(null);
      while (call == null) {
        Thread.onSpinWait();
        call = next.getAndSet(null);
      }
      call.succeed("done");
    }
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
