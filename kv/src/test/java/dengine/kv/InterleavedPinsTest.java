package dengine.kv;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jetbrains.lincheck.datastructures.verifier.EpsilonVerifier;
import org.junit.jupiter.api.Test;

/// Lets a model checker run a writer against readers that pin, come and go while almost every cell
/// is taken by others, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedPinsTest {

  private static final long NEVER = 1000;

  record Reader(int pin, long readsAt) {}

  @Test
  void theWriterKeepsWhatReadersLookAtWhoShareOneCell() {
    check(OneFree.class);
  }

  @Test
  void theWriterKeepsWhatReadersLookAtWhoFindNone() {
    check(NoneFree.class);
  }

  private static void check(Class<? extends Crowd> crowd) {
    new ModelCheckingOptions()
        .iterations(8)
        .invocationsPerIteration(100)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .verifier(EpsilonVerifier.class)
        .minimizeFailedScenario(false)
        .check(crowd);
  }

  /// One cell is free; readers come and go.
  public static final class OneFree extends Crowd {
    public OneFree() {
      super(15);
    }

    @Operation
    public void leave() {
      Reader reader = readers.poll();
      if (reader != null) {
        pins.release(reader.pin);
      }
    }

    /// Looks at those who were there before: what they read must be kept.
    @Operation(nonParallelGroup = "writer")
    public void write() {
      long now = published + 1;
      published = now;
      Reader present = readers.peek();
      long kept = pins.oldest(now);
      dropped |= present != null && present.equals(readers.peek()) && kept > present.readsAt;
    }
  }

  /// All cells are taken; readers only come, most of them at once.
  public static final class NoneFree extends Crowd {
    public NoneFree() {
      super(16);
    }
  }

  /// A store that only publishes revisions, with readers that stay.
  public abstract static class Crowd {
    final Pins pins = new Pins();
    final Deque<Reader> readers = new ConcurrentLinkedDeque<>();
    volatile long published = 1;
    volatile boolean dropped;

    Crowd(int others) {
      for (int i = 0; i < others; i++) {
        pins.pin(NEVER);
      }
    }

    @Operation
    public void enter() {
      int pin = pins.pin(published);
      readers.add(new Reader(pin, published));
    }

    @Validate
    public void eachReaderMustHaveAPinOfHisOwn() {
      // The last one first: a pin that it has overwritten would else hide behind its own.
      for (Reader reader = readers.pollLast(); reader != null; reader = readers.pollLast()) {
        for (Reader other : readers) {
          dropped |= other.pin == reader.pin;
        }
        dropped |= pins.oldest(NEVER) > reader.readsAt;
        pins.release(reader.pin);
      }
      if (dropped || pins.oldest(NEVER) != NEVER) {
        throw new AssertionError("a reader's pin was lost, shared or left behind");
      }
    }
  }
}
