package dengine.kv;

import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run a writer against readers that pin, while every cell is taken, in every
/// order it can think of.
@SuppressWarnings({"missing-explicit-ctor", "UnusedVariable"}) // the model checker asks for both
public class InterleavedPinsTest {

  private static final int INVOCATIONS = 500;
  private static final int CELLS = 16;

  /// Tells the model checker that threads meet in this.
  private static volatile Object shared = "";

  @Test
  void theWriterKeepsWhatTheSeventeenthAndTheEighteenthReaderNeed() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Race race = new Race(CELLS);
          race.run(race::write, () -> race.read(0), () -> race.read(1));
          race.mustHaveKept(0);
          race.mustHaveKept(1);
          race.mustForgetAll();
        });
  }

  @Test
  void aCellThatIsLeftMeanwhileServesOneReaderAtATime() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Race race = new Race(CELLS);
          int left = race.others[3];
          race.others[3] = -1;
          race.run(() -> race.pins.release(left), () -> race.read(0), () -> race.read(1));
          race.mustHaveKept(0);
          race.mustHaveKept(1);
          race.mustForgetAll();
        });
  }

  /// A store at revision 1 that only publishes.
  private static final class Race {
    private final Pins pins = new Pins();
    private final int[] others;
    private final int[] taken = new int[2];
    private final long[] readAt = new long[2];
    private volatile long published = 1;
    private long kept;

    Race(int others) {
      this.others = new int[others];
      shared = this;
      for (int i = 0; i < others; i++) {
        this.others[i] = pins.pin(9);
      }
    }

    void run(Runnable... tasks) {
      Thread[] threads = new Thread[tasks.length];
      for (int i = 0; i < tasks.length; i++) {
        threads[i] = new Thread(tasks[i]);
        threads[i].start();
      }
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }

    void write() {
      published = 2;
      kept = pins.oldest(2);
    }

    void read(int reader) {
      taken[reader] = pins.pin(published);
      readAt[reader] = published;
    }

    /// What this reader, who has not gone yet, looks at was kept, and is as long as he stays.
    void mustHaveKept(int reader) {
      if (kept > readAt[reader] || pins.oldest(9) > readAt[reader]) {
        throw new AssertionError("kept " + kept + ", read " + readAt[reader]);
      }
    }

    void mustForgetAll() {
      if (taken[0] == taken[1]) {
        throw new AssertionError("two readers in one cell");
      }
      for (int pin : taken) {
        pins.release(pin);
      }
      for (int pin : others) {
        if (pin >= 0) {
          pins.release(pin);
        }
      }
      if (pins.oldest(10) != 10) {
        throw new AssertionError("a pin was left behind");
      }
    }
  }
}
