package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The heap of deadlines, compared with a plain map. Rerun with `-Dseed=...`.
class DeadlinesTest {

  private final Deadlines deadlines = new Deadlines();
  private final Map<Integer, Due> expected = new TreeMap<>();

  private record Due(long deadline, long mod) {}

  @Test
  void theEarliestIsFoundWhateverMovesAndGoes() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < 30_000; i++) {
      int slot = random.nextInt(1 + random.nextInt(2000));
      if (random.nextInt(3) > 0) {
        long deadline = random.nextLong(1, 101);
        deadlines.set(slot, deadline, i);
        expected.put(slot, new Due(deadline, i));
      } else if (expected.remove(slot) != null) {
        deadlines.remove(slot);
      }
      agrees(seed);
    }
    while (!expected.isEmpty()) {
      int slot = deadlines.slot();
      expected.remove(slot);
      deadlines.remove(slot);
      agrees(seed);
    }
  }

  @Test
  void whenAllHaveGoneTheirMemoryIsGivenBack() {
    for (int slot = 0; slot < 100_000; slot++) {
      deadlines.set(slot, 100_000 - slot, slot);
    }
    assertThat(deadlines.bytes()).isGreaterThan(2_400_000);
    for (int slot = 0; slot < 100_000; slot++) {
      deadlines.remove(deadlines.slot());
    }

    assertThat(deadlines.earliest()).isEqualTo(Long.MAX_VALUE);
    assertThat(deadlines.bytes()).as("but for the places of slots").isLessThan(600_000);
  }

  private void agrees(long seed) {
    if (expected.isEmpty()) {
      assertThat(deadlines.earliest()).as("seed %d", seed).isEqualTo(Long.MAX_VALUE);
    } else {
      Due first =
          Collections.min(
              expected.values(),
              Comparator.comparingLong(Due::deadline).thenComparingLong(Due::mod));
      assertThat(deadlines.earliest()).as("seed %d", seed).isEqualTo(first.deadline());
      assertThat(expected.get(deadlines.slot())).as("seed %d", seed).isEqualTo(first);
    }
  }
}
