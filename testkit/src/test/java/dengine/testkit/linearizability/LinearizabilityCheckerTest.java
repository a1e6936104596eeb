package dengine.testkit.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LinearizabilityCheckerTest {

  /// Set `-Dseed=` to run one again.
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private final LinearizabilityChecker checker = new LinearizabilityChecker();

  @Test
  void itAgreesWithBruteForceOnTinyHistories() {
    agreesWithBruteForce(new RandomHistory(3, 7, 1, 2, 0.2, false), 6_000);
  }

  @Test
  void itAgreesWithBruteForceWhenManyOutcomesAreUnknown() {
    agreesWithBruteForce(new RandomHistory(4, 7, 1, 3, 0.6, false), 6_000);
  }

  @Test
  void itAgreesWithBruteForceWhenValuesAreUnique() {
    agreesWithBruteForce(new RandomHistory(3, 8, 1, 0, 0.3, false), 4_000);
  }

  @Test
  void itAgreesWithBruteForceOnTwoKeys() {
    agreesWithBruteForce(new RandomHistory(3, 8, 2, 2, 0.2, false), 4_000);
  }

  private void agreesWithBruteForce(RandomHistory shape, int rounds) {
    int right = 0;
    int wrong = 0;
    for (int round = 0; round < rounds; round++) {
      RandomGenerator random = new Random(SEED + round);
      List<Operation> history = shape.make(random);
      for (int damages = round % 4; damages > 0; damages--) {
        history = shape.damaged(history, random);
      }

      boolean expected = BruteForce.linearizable(history);
      Verdict verdict = checker.check(history);

      assertThat(verdict.valid())
          .as("seed %d round %d: %s on %s", SEED, round, verdict, history)
          .isEqualTo(expected);
      assertThat(verdict).isNotInstanceOf(Verdict.Undecided.class);
      right += expected ? 1 : 0;
      wrong += expected ? 0 : 1;
    }
    assertThat(right).as("right histories, seed %d", SEED).isGreaterThan(rounds / 10);
    assertThat(wrong).as("wrong histories, seed %d", SEED).isGreaterThan(rounds / 50);
  }

  @Test
  void aReadOfSeveralKeysCountsAsAReadOfEach() {
    RandomHistory shape = new RandomHistory(3, 8, 2, 0, 0.1, true);
    for (int round = 0; round < 3_000; round++) {
      RandomGenerator random = new Random(SEED + round);
      List<Operation> history = shape.damaged(shape.make(random), random);

      boolean expected = BruteForce.linearizable(history);
      Verdict verdict = checker.check(history);

      assertThat(verdict.valid() || !expected)
          .as("seed %d round %d: %s on %s", SEED, round, verdict, history)
          .isTrue();
    }
  }

  @Test
  void twoHundredThousandOperationsAreDecided() {
    RandomHistory shape = new RandomHistory(64, 200_000, 32, 0, 0.002, false);
    List<Operation> history = shape.make(new Random(SEED));

    Verdict verdict = checker.check(history);

    assertThat(verdict).as("seed %d", SEED).isInstanceOf(Verdict.Valid.class);
  }

  /// Reads that could be anywhere and writes that nobody saw used to be tried in every order.
  @Test
  void aKeyThatManyClientsShareIsDecidedWithoutALongSearch() {
    RandomHistory shape = new RandomHistory(24, 1_000, 1, 0, 0, false);
    List<Operation> history = shape.make(new Random(SEED));

    Verdict verdict = new LinearizabilityChecker(Duration.ofMinutes(1), 1_000_000).check(history);

    assertThat(verdict).as("seed %d", SEED).isInstanceOf(Verdict.Valid.class);
  }

  @Test
  void oneWrongAnswerAmongManyIsFoundAndExplained() {
    RandomHistory shape = new RandomHistory(16, 20_000, 8, 0, 0.005, false);
    List<Operation> history = shape.make(new Random(SEED));
    Operation lie = Lies.staleRead(history);

    Verdict verdict = checker.check(Lies.with(history, lie));

    assertThat(verdict).as("seed %d", SEED).isInstanceOf(Verdict.Violation.class);
    String explanation = ((Verdict.Violation) verdict).explanation();
    assertThat(explanation).contains("is not linearizable", "  ! ");
    assertThat(explanation.lines().count()).isLessThan(60);
  }

  @Test
  void aSearchThatRunsOutOfBudgetIsUndecidedAndNotValid() {
    RandomHistory shape = new RandomHistory(8, 2_000, 1, 0, 0.01, false);
    List<Operation> history = shape.make(new Random(SEED));

    Verdict verdict = new LinearizabilityChecker(Duration.ofMinutes(1), 100).check(history);

    assertThat(verdict).as("seed %d", SEED).isInstanceOf(Verdict.Undecided.class);
    assertThat(verdict.valid()).isFalse();
  }
}
