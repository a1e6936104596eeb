package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// More readers at a time than there are cells, on real threads, against a writer.
@Timeout(60)
class CrowdedPinsTest {

  private static final int READERS = 40;
  private static final int ROUNDS = 300;

  private final CyclicBarrier begin = new CyclicBarrier(READERS, () -> this.pins = new Pins());
  private final CyclicBarrier allHavePinned = new CyclicBarrier(READERS);
  private volatile Pins pins = new Pins();
  private volatile long published = 1;
  private volatile long dropped;
  private volatile boolean over;

  @Test
  void nothingIsDroppedThatOneOfManyReadersStillLooksAt() throws Exception {
    List<Future<Long>> readers = new ArrayList<>();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> writer = threads.submit(this::write);
      for (int i = 0; i < READERS; i++) {
        readers.add(threads.submit(this::mostDroppedWhileReading));
      }
      try {
        for (Future<Long> worst : readers) {
          assertThat(worst.get()).as("revisions too many").isNotPositive();
        }
      } finally {
        over = true;
      }
      writer.get();
    }
    assertThat(pins.oldest(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }

  private void write() {
    while (!over) {
      long now = published + 1;
      published = now;
      dropped = pins.oldest(now) - 1;
    }
  }

  /// By how much what was dropped reached what this reader was looking at.
  private long mostDroppedWhileReading() throws Exception {
    long worst = Long.MIN_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      begin.await(); // so that many find no cell at once, and nothing beyond the cells yet
      int pin = pins.pin(published);
      long readAt = published;
      allHavePinned.await();
      worst = Math.max(worst, dropped - readAt + 1);
      pins.release(pin);
    }
    return worst;
  }
}
