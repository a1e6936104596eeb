package dengine.testkit.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RevisionOrderCheckerTest {

  /// Set `-Dseed=` to run one again.
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @Test
  void rightHistoriesPassWhateverIsUnknown() {
    for (int round = 0; round < 3_000; round++) {
      RandomHistory shape =
          new RandomHistory(2 + round % 5, 5 + round % 60, 1 + round % 4, 0, round % 5 / 8.0, true);
      List<Operation> history = shape.make(new Random(SEED + round));

      Verdict verdict = RevisionOrderChecker.check(history);

      assertThat(verdict.valid()).as("seed %d round %d: %s", SEED, round, verdict).isTrue();
    }
  }

  @Test
  void whatPassesIsLinearizable() {
    RandomHistory shape = new RandomHistory(3, 7, 2, 0, 0, true);
    int flagged = 0;
    for (int round = 0; round < 6_000; round++) {
      RandomGenerator random = new Random(SEED + round);
      List<Operation> history = shape.damaged(shape.make(random), random);

      Verdict verdict = RevisionOrderChecker.check(history);

      if (verdict.valid()) {
        assertThat(BruteForce.linearizable(history))
            .as("seed %d round %d: %s", SEED, round, history)
            .isTrue();
      } else {
        flagged++;
      }
    }
    assertThat(flagged).as("seed %d", SEED).isGreaterThan(1_000);
  }

  @Test
  void twoHundredThousandOperationsAreDecided() {
    RandomHistory shape = new RandomHistory(64, 200_000, 32, 0, 0.002, true);

    Verdict verdict = RevisionOrderChecker.check(shape.make(new Random(SEED)));

    assertThat(verdict).as("seed %d", SEED).isEqualTo(new Verdict.Valid(checked(shape), 0));
  }

  private static long checked(RandomHistory shape) {
    return shape.make(new Random(SEED)).stream().filter(operation -> !operation.unknown()).count();
  }
}
