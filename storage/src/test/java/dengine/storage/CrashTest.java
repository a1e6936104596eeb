package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.storage.Changes.Model;
import dengine.storage.Workload.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Kills and power cuts before every call to the disk, the latter each with every combination of
/// what the disk may have kept, or, where there are too many, a random sample of them.
class CrashTest {

  private static final int STATES_PER_POINT = 96;

  private final List<String> violations = new ArrayList<>();
  private int states;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void nothingAcknowledgedIsLostAndNothingElseAppearsWhereverThePowerGoes(long seed) {
    Workload workload = Workload.random(seed, 12, 400);

    explore(workload, seed, false);

    assertThat(violations).isEmpty();
    assertThat(states).isGreaterThan(2000);
  }

  @Test
  void theCheckNoticesADiskThatLiesAboutSyncs() {
    explore(Workload.random(1, 12, 400), 1, true);

    assertThat(violations).hasSizeGreaterThan(states / 4);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void aPowerCutDuringRecoveryCostsNothing(long seed) {
    Workload workload = Workload.random(seed, 12, 400);
    Random random = new Random(seed);
    for (int point = 0; cut(workload, point, false).disk.calls() == point; point++) {
      Cut first = cut(workload, point, false);
      SimulatedDisk found = first.disk.afterPowerCut(anyOf(first.disk.choices(), random));
      for (int again = 0; ; again++) {
        SimulatedDisk disk = found.copy();
        disk.cutPowerBefore(again);
        boolean finished = recovers(disk);
        SimulatedDisk next = disk.afterPowerCut(anyOf(disk.choices(), random));
        check(workload, first.progress, next, "seed=%d point=%d/%d".formatted(seed, point, again));
        if (finished) {
          break;
        }
      }
    }

    assertThat(violations).isEmpty();
    assertThat(states).isGreaterThan(300);
  }

  private record Cut(SimulatedDisk disk, Progress progress) {}

  private static Cut cut(Workload workload, int point, boolean lies) {
    SimulatedDisk disk = new SimulatedDisk();
    if (lies) {
      disk.lieAboutSyncs();
    }
    disk.cutPowerBefore(point);
    return new Cut(disk, workload.run(disk));
  }

  private void explore(Workload workload, long seed, boolean lies) {
    Random random = new Random(seed);
    for (int point = 0; ; point++) {
      Cut cut = cut(workload, point, lies);
      check(
          workload, cut.progress, cut.disk.afterKill(), "seed=%d killed=%d".formatted(seed, point));
      List<Integer> choices = cut.disk.choices();
      long combinations = 1;
      for (int size : choices) {
        combinations = Math.min(STATES_PER_POINT + 1L, combinations * size);
      }
      boolean all = combinations <= STATES_PER_POINT;
      for (int state = 0; state < Math.min(combinations, STATES_PER_POINT); state++) {
        IntUnaryOperator outcome = all ? combination(state, choices) : anyOf(choices, random);
        check(
            workload,
            cut.progress,
            cut.disk.afterPowerCut(outcome),
            "seed=%d point=%d state=%d".formatted(seed, point, state));
      }
      if (cut.disk.calls() < point) {
        return; // the run ended before this point
      }
    }
  }

  /// Opens what was left, compares it with the model, goes on with it, and cuts the power again:
  /// what was recovered must not get lost any more.
  private void check(Workload workload, Progress progress, SimulatedDisk disk, String where) {
    states++;
    try {
      Model found;
      try (FileStorageEngine engine = Changes.open(Workload.DIRECTORY, Workload.options(disk))) {
        found = Model.of(engine.log());
        if (!workload.explains(found, progress)) {
          violations.add(
              "%s: found %s, acknowledged %d of %d"
                  .formatted(where, found, progress.acknowledged, progress.issued));
        }
        SimulatedDisk next = disk.afterPowerCut(choice -> 0);
        assertRecovers(next, found, where + " at once");
        long index = found.entries().size() + 1L;
        long term = Math.max(1, found.hardState().term());
        engine.log().append(List.of(Changes.entries(1, Changes.entry(index, term, 20))));
        engine.log().force();
      }
      Model more =
          found.after(
              Changes.entries(
                  1,
                  Changes.entry(
                      found.entries().size() + 1L, Math.max(1, found.hardState().term()), 20)));
      assertRecovers(disk.afterPowerCut(choice -> 0), more.repaired(), where + " later");
    } catch (RuntimeException e) {
      violations.add(where + ": " + e);
    }
  }

  private void assertRecovers(SimulatedDisk disk, Model expected, String where) {
    try (FileStorageEngine engine = Changes.open(Workload.DIRECTORY, Workload.options(disk))) {
      if (!Model.of(engine.log()).equals(expected)) {
        violations.add(where + ": found " + Model.of(engine.log()) + " instead of " + expected);
      }
    }
  }

  private static boolean recovers(SimulatedDisk disk) {
    try {
      FileStorageEngine.recover(Workload.DIRECTORY, Changes.OWNER, Workload.options(disk)).close();
      return true;
    } catch (SimulatedDisk.PowerCut e) {
      return false;
    }
  }

  private static IntUnaryOperator combination(int number, List<Integer> choices) {
    return choice -> {
      int rest = number;
      for (int i = 0; i < choice; i++) {
        rest /= choices.get(i);
      }
      return rest % choices.get(choice);
    };
  }

  private static IntUnaryOperator anyOf(List<Integer> choices, Random random) {
    return choice -> random.nextInt(choices.get(choice));
  }
}
