package dengine.raft;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A simulation proves something only if it finds bugs that are there.
final class PlantedBugTest {

  private static final int MOST_SEEDS = 20000;

  @ParameterizedTest
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void theSimulationFindsIt(PlantedBug bug) {
    for (long seed = 1; seed <= MOST_SEEDS; seed++) {
      try {
        new Simulation(seed, bug).run();
      } catch (Ledger.Violation | IllegalStateException found) {
        System.out.println(bug + " found by seed " + seed + ": " + found.getMessage());
        return;
      } catch (Ledger.Stuck unspecific) {
        // Many a bug keeps a cluster from recovering; what counts is what it does to data.
      }
    }
    fail(bug + " not found by " + MOST_SEEDS + " seeds");
  }
}
