package dengine.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.ToyMachine.Mistake;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Each rule for state machines is broken once, and the suite must say which.
final class PlantedMachineMistakesTest {

  private static final Map<Mistake, String> FOUND_BY = new EnumMap<>(Mistake.class);

  static {
    FOUND_BY.put(Mistake.ANSWERS_DEPEND_ON_THE_BATCH, "sameCommandsHaveSameResults");
    FOUND_BY.put(Mistake.STATE_DEPENDS_ON_THE_BATCH, "sameCommandsComeToTheSameState");
    FOUND_BY.put(Mistake.SHOWS_A_BATCH_LATE, "everyThreadSeesABatchWhenApplyReturns");
    FOUND_BY.put(Mistake.DECODES_WHAT_IS_NO_COMMAND, "entriesThatAreNoCommandsAreBorne");
    FOUND_BY.put(Mistake.ANSWERS_WHAT_IS_NO_COMMAND, "entriesThatAreNoCommandsAreBorne");
    FOUND_BY.put(Mistake.KEEPS_THE_BATCH, "entriesThatAreNoCommandsAreBorne");
    FOUND_BY.put(Mistake.CHANGES_THE_COMMAND, "entriesThatAreNoCommandsAreBorne");
    FOUND_BY.put(Mistake.DOES_NOT_SAY_WHAT_SURVIVED, "aMachineThatWasClosedGoesOnWhereItSays");
    FOUND_BY.put(Mistake.SAVES_WHEN_CLOSED_ONLY, "aMachineThatWasKilledGoesOnWhereItSays");
    FOUND_BY.put(
        Mistake.SAVES_NOT_WHAT_IT_RESTORED, "aMachineThatWasKilledAfterARestoreGoesOnWhereItSays");
    FOUND_BY.put(Mistake.SAYS_ANOTHER_TERM, "aMachineSaysOfWhichEntryItsStateIs");
    FOUND_BY.put(Mistake.SAYS_ANOTHER_TIME, "aMachineSaysOfWhichEntryItsStateIs");
    FOUND_BY.put(Mistake.REFUSES_ITS_OWN_STATE, "aMachineTellsItsOwnStateFromAnothers");
    FOUND_BY.put(Mistake.DISCARDS_FOR_NOW, "aMachineThatDiscardedItsStateIsNew");
    FOUND_BY.put(Mistake.VIEW_IS_ALIVE, "laterBatchesDoNotChangeAView");
    FOUND_BY.put(Mistake.VIEW_LOCKS, "applyGoesOnWhileAViewIsWritten");
    FOUND_BY.put(Mistake.HAS_ONE_VIEW, "severalViewsAreEachOfTheirMoment");
    FOUND_BY.put(Mistake.VIEW_MUST_BE_WRITTEN, "aViewMayBeClosedUnwritten");
    FOUND_BY.put(Mistake.IGNORES_A_FULL_DISK, "aViewSaysThatItCannotBeWritten");
    FOUND_BY.put(Mistake.SNAPSHOT_LACKS_THE_COUNT, "aSnapshotGivesAllOfTheState");
    FOUND_BY.put(Mistake.RESTORE_MERGES, "aSnapshotReplacesWhatWasThere");
    FOUND_BY.put(Mistake.RESTORES_IN_PLACE, "readersSeeTheOldStateOrTheNewOne");
    FOUND_BY.put(Mistake.TAKES_WHAT_IS_THERE, "aSnapshotThatEndsEarlyIsRefused");
    FOUND_BY.put(Mistake.IGNORES_READ_ERRORS, "aSnapshotThatCannotBeReadIsRefused");
    FOUND_BY.put(Mistake.BELIEVES_LENGTHS, "aDamagedSnapshotDoesNotEndTheProcess");
    FOUND_BY.put(Mistake.SNAPSHOTS_DIFFER, "equalStatesAreWrittenEqually");
  }

  private record Subject(Mistake mistake, boolean digests)
      implements StateMachineSubject<ToyMachine> {

    @Override
    public ToyMachine open(Path directory) {
      return new ToyMachine(directory, mistake);
    }

    @Override
    public byte[] command(RandomGenerator random) {
      return ToyMachine.command(random.nextInt(50), random.nextInt(1000));
    }

    @Override
    public Object digest(ToyMachine machine) {
      return digests ? machine.shown() : "";
    }
  }

  @Test
  void aMachineWithoutMistakesKeepsEveryRule() {
    Conformance conformance = StateMachineConformance.of(new Subject(Mistake.NONE, true));

    conformance.run();

    assertThat(conformance.leftOut()).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> everyMistakeIsFoundByItsRule() {
    return FOUND_BY.entrySet().stream()
        .map(
            planted ->
                DynamicTest.dynamicTest(
                    planted.getKey().name(),
                    () ->
                        assertThat(breaks(planted.getValue(), new Subject(planted.getKey(), true)))
                            .isTrue()));
  }

  @Test
  void aDigestThatSaysNothingIsFound() throws Exception {
    assertThat(breaks("digestsTellStatesApart", new Subject(Mistake.NONE, false))).isTrue();
  }

  @Test
  void everyRuleIsBrokenByAMistake() {
    List<String> rules =
        StateMachineConformance.of(new Subject(Mistake.NONE, true)).checks().stream()
            .map(Check::rule)
            .toList();
    List<String> broken = new ArrayList<>(FOUND_BY.values());
    broken.add("digestsTellStatesApart");

    assertThat(broken).containsAll(rules);
    assertThat(FOUND_BY).hasSize(Mistake.values().length - 1);
  }

  private static boolean breaks(String rule, StateMachineSubject<?> subject) throws Exception {
    return Broken.rule(rule, StateMachineConformance.of(subject));
  }
}
