package dengine.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.ToyStorage.Mistake;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Each rule for storage engines is broken once, and the suite must say which.
final class PlantedStorageMistakesTest {

  private static final Map<Mistake, String> FOUND_BY = new EnumMap<>(Mistake.class);

  static {
    ofTheLog();
    ofIdentities();
    ofSnapshots();
    ofCrashes();
  }

  private static void ofTheLog() {
    FOUND_BY.put(Mistake.BEGINS_WITH_A_TERM, "aNewLogIsEmpty");
    FOUND_BY.put(Mistake.FORGETS_TIMES, "entriesAreReadAsTheyWereAppended");
    FOUND_BY.put(Mistake.IGNORES_LIMITS, "aReadEndsAtItsLimitButNotBeforeOneEntry");
    FOUND_BY.put(Mistake.CLAMPS_RANGES, "aRangeThatIsNotInTheLogIsRefused");
    FOUND_BY.put(Mistake.KEEPS_TRUNCATED_ENTRIES, "aTruncatedTailIsGone");
    FOUND_BY.put(Mistake.FORGETS_RESETS, "aLogThatIsResetGoesOnBehindTheSnapshot");
    FOUND_BY.put(Mistake.COMPACTS_TOO_MUCH, "compactionKeepsWhatIsBehind");
    FOUND_BY.put(Mistake.READS_FOR_ITS_OWN_THREAD, "anotherThreadReadsWhileEntriesAreAppended");
    FOUND_BY.put(Mistake.FORGETS_VOTES, "aLogIsFoundAsItWasClosed");
  }

  private static void ofIdentities() {
    FOUND_BY.put(Mistake.TAKES_WHOEVER_OPENS, "aNewPlaceIsNobodys");
    FOUND_BY.put(Mistake.DRAWS_INCARNATIONS_ANEW, "anIdentityIsFoundAgain");
    FOUND_BY.put(Mistake.FORGETS_FOUNDERS, "foundersAreFoundAgain");
    FOUND_BY.put(Mistake.GIVES_IDENTITIES_TWICE, "anIdentityIsGivenOnce");
    FOUND_BY.put(Mistake.SERVES_ANYBODY, "dataOfSomebodyElseIsRefused");
    FOUND_BY.put(Mistake.TAKES_NO_LOCK, "aPlaceInUseIsRefused");
  }

  private static void ofSnapshots() {
    FOUND_BY.put(Mistake.FORGETS_SNAPSHOTS, "aFinishedSnapshotIsFoundAgain");
    FOUND_BY.put(Mistake.LISTS_UNFINISHED, "anUnfinishedSnapshotIsNone");
    FOUND_BY.put(Mistake.LISTS_NEWEST_FIRST, "snapshotsAreListedOldestFirst");
    FOUND_BY.put(Mistake.RETAINS_THE_OLDEST, "theNewestSnapshotsAreRetained");
    FOUND_BY.put(Mistake.CLOSES_WHAT_IS_READ, "aSnapshotInUseStaysReadable");
    FOUND_BY.put(Mistake.OPENS_ANYTHING, "aSnapshotThatIsNotThereIsRefused");
    FOUND_BY.put(Mistake.LOSES_WHAT_ARRIVED, "aSnapshotTravels");
    FOUND_BY.put(Mistake.LISTS_WHAT_ARRIVES, "whatIsReceivedIsNoSnapshotYet");
    FOUND_BY.put(Mistake.BEGINS_TRANSFERS_ANEW, "anInterruptedTransferGoesOn");
    FOUND_BY.put(Mistake.MIXES_TRANSFERS, "anotherTransferBeginsAnew");
    FOUND_BY.put(Mistake.BELIEVES_TRANSFERS, "aDamagedTransferIsRefused");
    FOUND_BY.put(Mistake.PROMISES_ROOM, "aSnapshotWithoutRoomIsRefused");
  }

  private static void ofCrashes() {
    FOUND_BY.put(Mistake.BUFFERS_APPENDS, "aKillTakesNothingBackThatWasAppended");
    FOUND_BY.put(Mistake.NAMES_SNAPSHOTS_AT_ONCE, "aKillLeavesNoUnfinishedSnapshot");
    FOUND_BY.put(Mistake.SYNCS_NOTHING, "aPowerCutLeavesWhatWasForcedAndAPrefixOfTheRest");
    FOUND_BY.put(Mistake.FORGETS_TO_SYNC_THE_IDENTITY, "aPowerCutTakesNoIdentityBack");
    FOUND_BY.put(Mistake.FORGETS_TO_SYNC_SNAPSHOTS, "aPowerCutTakesNoFinishedSnapshotBack");
    FOUND_BY.put(Mistake.SERVES_DAMAGE, "damageIsRefusedOrHarmless");
    FOUND_BY.put(Mistake.TRIES_WRITES_AGAIN, "aFailedWriteIsFinal");
    FOUND_BY.put(Mistake.TRIES_SYNCS_AGAIN, "aFailedSyncIsFinal");
  }

  private record Subject(Mistake mistake) implements StorageSubject {

    @Override
    public Set<Ability> abilities() {
      return EnumSet.allOf(Ability.class);
    }

    @Override
    public Place place(Path directory) {
      return new ToyPlace(new ToyDisk(), mistake);
    }
  }

  private record ToyPlace(ToyDisk disk, Mistake mistake) implements StorageSubject.Place {

    @Override
    public StorageEngine open(Identity identity) {
      return new ToyStorage(disk, identity, mistake);
    }

    @Override
    public StorageSubject.Place afterKill() {
      return new ToyPlace(disk.copy(disk.records.size()), mistake);
    }

    @Override
    public StorageSubject.Place afterPowerCut(RandomGenerator random) {
      int length = random.nextInt(disk.durable, disk.records.size() + 1);
      return new ToyPlace(disk.copy(length), mistake);
    }

    @Override
    public void damage(RandomGenerator random) {
      disk.damaged = random.nextInt(disk.records.size());
    }

    @Override
    public void failNext() {
      disk.failsNext = true;
    }
  }

  @Test
  void anEngineWithoutMistakesKeepsEveryRule() {
    Conformance conformance = StorageEngineConformance.of(new Subject(Mistake.NONE));

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
                        assertThat(
                                Broken.rule(
                                    planted.getValue(),
                                    StorageEngineConformance.of(new Subject(planted.getKey()))))
                            .isTrue()));
  }

  @Test
  void everyRuleIsBrokenByAMistake() {
    List<String> rules =
        StorageEngineConformance.of(new Subject(Mistake.NONE)).checks().stream()
            .map(Check::rule)
            .toList();

    assertThat(FOUND_BY.values()).containsAll(rules);
    assertThat(FOUND_BY).hasSize(Mistake.values().length - 1);
  }
}
