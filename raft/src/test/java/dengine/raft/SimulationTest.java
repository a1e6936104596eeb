package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// `-Dseeds=20000` runs more seeds, `-Dfrom=5000` others, `-Dthreads=2` several at a time,
/// `-Dseed=17` runs one, `-Dtrace=true` with it prints all that happens.
final class SimulationTest {

  private static final int SEEDS = Integer.getInteger("seeds", 2000);

  /// Rare things that any thousand seeds must have brought about; one that never happens is not
  /// tested.
  private static final String[] MARKS = {
    "becomes CANDIDATE",
    "becomes LEADER",
    "becomes LEARNER",
    "becomes PRE_CANDIDATE",
    "campaign now",
    "compaction",
    "configuration committed",
    "configuration taken back",
    "conflict",
    "crash with unsynced writes",
    "disk read for a peer",
    "disk read for applying",
    "disk wiped",
    "founded",
    "joint configuration committed",
    "joint configuration taken back",
    "lease read",
    "linearizable read",
    "outdated",
    "leader removed itself",
    "pause",
    "promoted",
    "recognised",
    "refused: ChangeInProgress",
    "refused: Invalid",
    "refused: NotLeader",
    "refused: Overloaded",
    "refused: Transferring",
    "refused: WouldLoseQuorum",
    "snapshot installed",
    "taken for a stranger",
    "told that it is no member",
    "transfer succeeded",
    "truncation",
    "vote denied",
    "write acknowledged",
  };

  @Test
  @Timeout(value = 30, unit = TimeUnit.MINUTES)
  void nothingThatNeverMayHappenHappens() throws InterruptedException, ExecutionException {
    Coverage coverage = new Coverage();
    Long only = Long.getLong("seed");
    long first = only == null ? Long.getLong("from", 1) : only;
    long last = only == null ? first + SEEDS - 1 : only;
    AtomicLong next = new AtomicLong(first);
    try (ExecutorService threads = Executors.newFixedThreadPool(Integer.getInteger("threads", 1))) {
      List<Callable<Void>> share = new ArrayList<>();
      for (int i = 0; i < Integer.getInteger("threads", 1); i++) {
        share.add(
            () -> {
              runUpTo(last, next, coverage);
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(share)) {
        done.get();
      }
    }
    System.out.println("simulated " + (last - first + 1) + " seeds: " + coverage.counts());
    if (last - first >= 1000) {
      assertThat(coverage.counts()).containsKeys(MARKS);
    }
  }

  private static void runUpTo(long last, AtomicLong next, Coverage sum) {
    for (long seed = next.getAndIncrement(); seed <= last; seed = next.getAndIncrement()) {
      try {
        Coverage one = run(seed).coverage();
        synchronized (sum) {
          sum.addAll(one);
        }
      } catch (AssertionError failure) {
        next.set(last + 1); // the other threads need not go on
        throw failure;
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameEffects() {
    for (long seed = 1; seed <= 20; seed++) {
      long once = run(seed).coverage().digest();
      assertThat(run(seed).coverage().digest()).as("seed %d", seed).isEqualTo(once);
    }
  }

  private static Simulation run(long seed) {
    Simulation simulation = new Simulation(seed, PlantedBug.NONE);
    try {
      simulation.run();
      return simulation;
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          "seed " + seed + " (rerun with -Dseed=" + seed + "), " + simulation.describe(), e);
    }
  }
}
