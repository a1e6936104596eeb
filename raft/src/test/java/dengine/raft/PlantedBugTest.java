package dengine.raft;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A simulation proves something only if it finds bugs that are there.
final class PlantedBugTest {

  private static final int MOST_SEEDS = 2_000;

  @ParameterizedTest
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      // The last one hurts only if a leader is deposed within its lease, once in ten thousand seeds
      // here; the simulation of whole nodes finds it within a few.
      names = {"NONE", "VOTERS_BREAK_THEIR_PROMISE"})
  void theSimulationFindsIt(PlantedBug bug) {
    for (long seed = 1; seed <= MOST_SEEDS; seed++) {
      try {
        new Simulation(seed, bug).run();
      } catch (Ledger.Violation | IllegalStateException | IllegalArgumentException found) {
        System.out.println(bug + " found by seed " + seed + ": " + found.getMessage());
        return;
      } catch (Ledger.Stuck unspecific) {
        // Many a bug keeps a cluster from recovering; what counts is what it does to data.
      }
    }
    fail(bug + " not found by " + MOST_SEEDS + " seeds");
  }
}
