package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TickerTest {

  private final SteppedExecution execution = new SteppedExecution();
  private final List<Throwable> failures = new ArrayList<>();

  @Test
  void aTickThatFailsIsToldAndTimeGoesOn() {
    OutOfMemoryError noRoom = new OutOfMemoryError("planted");
    int[] ticks = new int[1];
    Ticker ticker =
        ticker(
            () -> {
              if (ticks[0]++ == 0) {
                throw noRoom;
              }
            });

    ticker.wakeAt(execution.nanoTime() + 1);
    execution.pass(Duration.ofMillis(30));

    assertThat(failures).containsExactly(noRoom);
    assertThat(ticks[0]).as("ticks").isEqualTo(2);
  }

  private Ticker ticker(Runnable tick) {
    Ticker ticker = new Ticker("ticker", execution, execution, tick, failures::add);
    ticker.start();
    return ticker;
  }
}
