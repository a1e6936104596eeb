package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.util.Optional;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the log's thread against the one that prepares its next file, in every
/// order it can think of.
@SuppressWarnings({"missing-explicit-ctor", "UnusedVariable"}) // the model checker asks for both
public class InterleavedPreparationTest {

  private static final int INVOCATIONS = 200;

  /// Tells the model checker that threads meet in this.
  private static volatile Object shared = "";

  @Test
  void eachIsMadeOnceAndTakenWholeWhetherItIsReadyInTimeOrNot() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Workshop workshop = new Workshop();
          workshop.begin(1);
          workshop.begin(2); // one is in preparation already
          workshop.mustTake(1);
          workshop.mustTake(0);
          workshop.begin(3);
          workshop.mustTake(3);
          workshop.mustBeQuiet(2);
        });
  }

  @Test
  void aFailureIsToldOnceAndAnotherOneMayBegin() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Workshop workshop = new Workshop();
          workshop.begin(-1);
          workshop.mustFail();
          workshop.mustTake(0);
          workshop.begin(2);
          workshop.mustTake(2);
          workshop.mustBeQuiet(1);
        });
  }

  @Test
  void whoGaveUpAndTookFindsNobodyAtWorkAfterwards() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Workshop workshop = new Workshop();
          workshop.begin(1);
          workshop.preparation.giveUp();
          try {
            boolean made = workshop.preparation.take().isPresent();
            workshop.mustBeQuiet(made ? 1 : 0);
            if (!made) {
              throw new AssertionError("neither made nor given up");
            }
          } catch (IOException | StorageException givenUp) {
            workshop.mustBeQuiet(0);
          }
          workshop.mustTake(0);
        });
  }

  /// Where one thing at a time is made, in two steps. Plain fields on purpose: whoever takes it
  /// sees what its maker wrote.
  private static final class Workshop {
    // By name: threads that number themselves are not the same in every run.
    private final Preparation<int[]> preparation =
        new Preparation<>(Thread.ofPlatform().daemon().name("prepare").factory());
    private boolean working;
    private boolean wrong;
    private int made;

    Workshop() {
      shared = this;
    }

    void begin(int number) {
      shared = preparation;
      preparation.begin(() -> make(number));
    }

    private int[] make(int number) throws IOException {
      wrong |= working;
      working = true;
      int[] thing = new int[2];
      try {
        for (int step = 0; step < 2; step++) {
          if (preparation.isGivenUp() || number < 0) {
            throw new IOException("given up, or broken");
          }
          thing[step] = number;
        }
      } finally {
        working = false;
      }
      made++;
      return thing;
    }

    /// Takes this one, or nothing if it is 0.
    void mustTake(int number) {
      try {
        Optional<int[]> taken = preparation.take();
        int first = taken.map(thing -> thing[0]).orElse(0);
        int second = taken.map(thing -> thing[1]).orElse(0);
        if (first != number || second != number || working) {
          throw new AssertionError("took " + first + " and " + second + ", not " + number);
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    void mustFail() {
      try {
        preparation.take();
      } catch (IOException e) {
        return;
      }
      throw new AssertionError("not told of the failure");
    }

    void mustBeQuiet(int things) {
      if (working || wrong || made != things) {
        throw new AssertionError("made " + made + ", at work: " + working);
      }
    }
  }
}
