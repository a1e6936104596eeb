package dengine.testkit.chaos;

import static dengine.testkit.chaos.WatchHistory.A;
import static dengine.testkit.chaos.WatchHistory.A1;
import static dengine.testkit.chaos.WatchHistory.A3;
import static dengine.testkit.chaos.WatchHistory.A6;
import static dengine.testkit.chaos.WatchHistory.B;
import static dengine.testkit.chaos.WatchHistory.B2;
import static dengine.testkit.chaos.WatchHistory.B4;
import static dengine.testkit.chaos.WatchHistory.FULL;
import static dengine.testkit.chaos.WatchHistory.PLAIN;
import static dengine.testkit.chaos.WatchHistory.WRITES;
import static dengine.testkit.chaos.WatchHistory.anew;
import static dengine.testkit.chaos.WatchHistory.contents;
import static dengine.testkit.chaos.WatchHistory.delete;
import static dengine.testkit.chaos.WatchHistory.first;
import static dengine.testkit.chaos.WatchHistory.gone;
import static dengine.testkit.chaos.WatchHistory.judge;
import static dengine.testkit.chaos.WatchHistory.kinds;
import static dengine.testkit.chaos.WatchHistory.observed;
import static dengine.testkit.chaos.WatchHistory.overflow;
import static dengine.testkit.chaos.WatchHistory.put;
import static dengine.testkit.chaos.WatchHistory.record;
import static dengine.testkit.chaos.WatchHistory.resumed;
import static dengine.testkit.chaos.WatchHistory.segment;
import static dengine.testkit.chaos.WatchHistory.told;
import static dengine.testkit.chaos.WatchHistory.whole;
import static dengine.testkit.chaos.WatchHistory.with;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.testkit.chaos.Segment.End;
import dengine.testkit.chaos.WatchVerdict.Kind;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Operation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What the validator says of watches that go on where others ended, and of how they end.
class WatchJointsTest {

  @Test
  void aWatchThatGoesOnAfterItsEndMayTellAgainWhatWasNotComplete() {
    Observation resumed =
        observed(PLAIN, first(2, End.BROKE, A1, B2, A3), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(judge(WRITES, resumed).violations()).isEmpty();
  }

  @Test
  void aWatchThatSaysItBeganAfterTheScanThatFollowedItIsFound() {
    Segment late = new Segment(3, 3, 0, Optional.of(contents(0)), List.of(B4, A6), 7, End.ENOUGH);

    assertThat(kinds(judge(WRITES, observed(PLAIN, late)))).contains(Kind.GAP);
  }

  @Test
  void aRemovalThatFoundNothingSinceNobodyWatchedTheOneBeforeItIsNoGap() {
    List<Operation> writes =
        List.of(
            put(A, "a1", new Answer.Written(1)),
            delete(A, new Answer.Written(15)),
            delete(A, new Answer.Written(16)));

    assertThat(judge(writes, observed(PLAIN, segment(15, 0, contents(15), 20, false))).violations())
        .isEmpty();
  }

  @Test
  void aGapBetweenTwoWatchesOfWhichOneGoesOnIsFound() {
    Observation late =
        observed(
            PLAIN,
            first(2, End.BROKE, A1, B2),
            new Segment(3, 3, 3, Optional.empty(), List.of(B4, A6), 7, End.ENOUGH));
    Observation promised =
        observed(PLAIN, first(3, End.BROKE, A1, B2), resumed(4, 7, End.ENOUGH, B4, A6));

    assertThat(kinds(judge(WRITES, late))).containsExactly(Kind.GAP);
    assertThat(kinds(judge(WRITES, promised))).containsExactly(Kind.GAP);
  }

  @Test
  void aWatchThatBeganAnewIsHeldAgainstItsScan() {
    Contents right = contents(3, record(A, "a3", 3), record(B, "b2", 2));
    Contents wrong =
        contents(3, record(A, "a3", 3), record(B, "b2", 2), record(Bytes.of("/w/c"), "c", 2));
    Segment first = first(1, End.BROKE, A1);

    assertThat(
            judge(WRITES, observed(PLAIN, first, segment(2, 0, right, 7, true, A3, B4, A6)))
                .violations())
        .isEmpty();
    assertThat(
            kinds(judge(WRITES, observed(PLAIN, first, segment(2, 0, wrong, 7, true, A3, B4, A6)))))
        .containsExactly(Kind.WRONG_END);
  }

  @Test
  void aWatchThatBeganAnewAfterTheFinalScanIsNotHeldAgainstIt() {
    Contents late = contents(8, record(A, "a6", 6), record(B, "b8", 8));
    List<Operation> writes = with(WRITES, put(B, "b8", new Answer.Written(8)));

    WatchVerdict verdict = judge(writes, observed(PLAIN, segment(8, 0, late, 8, true)));

    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.ends()).isZero();
  }

  @Test
  void aGapAfterAResumptionIsFoundWhoeverKnowsOfTheWrite() {
    List<Operation> writes = with(WRITES, put(B, "b5", new Answer.Unknown()));
    WatchEvent b5 = told(5, B, "b5", null);
    Segment first = first(2, End.BROKE, A1, B2);
    Observation other = whole(new Subject(B, false, false), B2, B4, b5);

    assertThat(kinds(judge(WRITES, observed(PLAIN, first, resumed(3, 7, End.ENOUGH, B4, A6)))))
        .as("its writer does")
        .containsExactly(Kind.GAP);
    assertThat(
            kinds(
                judge(writes, other, observed(PLAIN, first, resumed(3, 7, End.LEFT, A3, B4, A6)))))
        .as("another watch does")
        .contains(Kind.GAP);
  }

  @Test
  void aChangeThatIsToldAgainAcrossAResumptionAlthoughNobodyAskedForItIsADuplicate() {
    Observation again =
        observed(PLAIN, first(3, End.BROKE, A1, B2, A3), resumed(4, 7, End.ENOUGH, A3, B4, A6));
    Observation muchLater =
        observed(
            PLAIN,
            first(2, End.BROKE, A1, B2),
            resumed(3, 4, End.LEFT, A3, B4),
            resumed(5, 7, End.ENOUGH, A1, A6));

    assertThat(kinds(judge(WRITES, again))).containsExactly(Kind.DUPLICATE);
    assertThat(kinds(judge(WRITES, muchLater))).containsExactly(Kind.DUPLICATE);
  }

  @Test
  void aChangeThatWasAskedForOnceMoreIsToldAtMostOnceMore() {
    Observation twice =
        observed(PLAIN, first(2, End.BROKE, A1, B2, A3), resumed(3, 7, End.ENOUGH, A3, A3, B4, A6));

    assertThat(kinds(judge(WRITES, twice))).containsExactly(Kind.DUPLICATE);
  }

  @Test
  void anotherPreviousValueAfterAResumptionIsWrong() {
    WatchEvent a3 = told(3, A, "a3", "a1");
    WatchEvent b4 = gone(4, B, "b2");
    Segment first = first(2, End.BROKE, A1, B2);

    assertThat(
            judge(
                    WRITES,
                    observed(
                        FULL, first, resumed(3, 7, End.ENOUGH, a3, b4, told(6, A, "a6", "a3"))))
                .violations())
        .isEmpty();
    assertThat(
            kinds(
                judge(
                    WRITES,
                    observed(
                        FULL, first, resumed(3, 7, End.ENOUGH, a3, b4, told(6, A, "a6", "a1"))))))
        .containsExactly(Kind.WRONG_PREVIOUS);
  }

  @Test
  void whoDoesNotSayWhereItBeganMayTellWhatTheScanShowsButMissNothingAfterIt() {
    Contents scan = contents(3, record(A, "a3", 3), record(B, "b2", 2));
    Segment first = first(1, End.BROKE, A1);

    for (WatchEvent[] events :
        List.of(
            new WatchEvent[] {B2, A3, B4, A6},
            new WatchEvent[] {A3, B4, A6},
            new WatchEvent[] {B4, A6})) {
      assertThat(
              judge(WRITES, observed(PLAIN, first, anew(scan, 7, End.ENOUGH, events))).violations())
          .isEmpty();
    }
    assertThat(kinds(judge(WRITES, observed(PLAIN, first, anew(scan, 7, End.ENOUGH, A3, A6)))))
        .containsExactly(Kind.GAP, Kind.WRONG_END);
    assertThat(
            kinds(judge(WRITES, observed(PLAIN, first, anew(scan, 7, End.ENOUGH, A3, B2, B4, A6)))))
        .containsExactly(Kind.DISORDER);
    assertThat(
            kinds(
                judge(
                    WRITES,
                    observed(
                        PLAIN, first, anew(scan, 7, End.ENOUGH, told(2, B, "a1", null), B4, A6)))))
        .as("nobody wrote it")
        .containsExactly(Kind.PHANTOM);
  }

  @Test
  void anOverflowThatIsToldIsNoLoss() {
    Observation slow =
        observed(
            PLAIN, first(2, End.TOLD, A1, B2, overflow(2)), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    WatchVerdict verdict = judge(WRITES, slow);

    assertThat(verdict.violations()).isEmpty();
    assertThat(slow.turns()).isEqualTo(new Turns(1, 0, 1, 0));
  }

  @Test
  void whatASlowReaderSilentlyMissesIsAGap() {
    Observation betweenTwo =
        observed(PLAIN, first(3, End.BROKE, A1, A3), resumed(4, 7, End.ENOUGH, B4, A6));
    Observation beforeTheLast =
        observed(PLAIN, first(3, End.TOLD, A1, B2, overflow(3)), resumed(4, 7, End.ENOUGH, B4, A6));

    assertThat(kinds(judge(WRITES, betweenTwo))).containsExactly(Kind.GAP);
    assertThat(kinds(judge(WRITES, beforeTheLast)))
        .as("the last event promised more than was told")
        .containsExactly(Kind.GAP);
  }

  @Test
  void aWatchThatGoesOnAfterItWasCanceledIsFound() {
    Observation goesOn =
        observed(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2), A3),
            resumed(3, 7, End.ENOUGH, A3, B4, A6));
    Observation endsTwice =
        observed(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2), overflow(2)),
            resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(kinds(judge(WRITES, goesOn))).containsExactly(Kind.AFTER_END);
    assertThat(kinds(judge(WRITES, endsTwice))).containsExactly(Kind.AFTER_END);
  }

  @Test
  void aPhantomAfterAnOverflowIsFound() {
    Observation slow =
        observed(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2)),
            resumed(3, 7, End.ENOUGH, A3, B4, told(5, B, "never tried", null), A6));

    assertThat(kinds(judge(WRITES, slow))).contains(Kind.PHANTOM);
  }

  @Test
  void aWatchThatEndsWithoutALastEventIsSilence() {
    Observation silent =
        observed(PLAIN, first(2, End.SILENT, A1, B2), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(kinds(judge(WRITES, silent))).containsExactly(Kind.SILENCE);
  }

  @Test
  void whoGoesOnBehindWhatWasCompleteMissesWhatIsBetween() {
    Observation skips = observed(PLAIN, first(2, End.BROKE, A1, B2), resumed(5, 7, End.ENOUGH, A6));

    assertThat(kinds(judge(WRITES, skips))).contains(Kind.GAP);
  }

  @Test
  void whatAMannerOfWatchingIsThereForAndDidNotHappenIsAFailure() {
    Manner slow = Manner.client(PLAIN).at(Wire.OWN, 0).slow(16, 100);
    Segment overflown = first(2, End.TOLD, A1, B2, overflow(2));
    Segment rest = resumed(3, 7, End.ENOUGH, A3, B4, A6);

    WatchVerdict quick =
        judge(
            WRITES, new Observation(slow, List.of(whole(A1, B2, A3, B4, A6)), 0, false, List.of()));
    WatchVerdict right =
        judge(WRITES, new Observation(slow, List.of(overflown, rest), 0, false, List.of()));

    assertThat(quick.failures(0, 1))
        .singleElement()
        .asString()
        .contains("OVERFLOW happened 0 times");
    assertThat(right.failures(0, 1)).isEmpty();
    assertThat(right.failures(0, 2)).hasSize(1);
    assertThat(
            judge(
                    WRITES,
                    new Observation(
                        Manner.client(PLAIN).at(Wire.OWN, 0, Turns.Kind.RESUMED, Turns.Kind.BROKEN),
                        List.of(whole(A1, B2, A3, B4, A6)),
                        0,
                        false,
                        List.of()))
                .failures(0, 1))
        .hasSize(2);
  }
}
