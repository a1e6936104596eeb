package dengine.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.WatchEvent;
import dengine.testkit.chaos.Segment.End;
import dengine.testkit.chaos.WatchVerdict.Kind;
import dengine.testkit.chaos.WatchVerdict.Violation;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import dengine.testkit.linearizability.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// That the validator of watches finds each kind of lie, and does not take the truth for one.
class WatchValidatorTest {

  private static final Bytes A = Bytes.of("/w/a");
  private static final Bytes B = Bytes.of("/w/b");
  private static final Subject PLAIN = new Subject(Bytes.of("/w/"), true, false);
  private static final Subject FULL = new Subject(Bytes.of("/w/"), true, true);
  private static final Subject ONE = new Subject(A, false, false);

  private static final Contents NOTHING = contents(0);

  /// Put a, put b, put a, remove b at 1 to 4, remove b once more, put a at 6.
  private static final List<Operation> WRITES =
      List.of(
          put(A, "a1", new Answer.Written(1)),
          put(B, "b2", new Answer.Written(2)),
          put(A, "a3", new Answer.Written(3)),
          delete(B, new Answer.Written(4)),
          delete(B, new Answer.Written(5)),
          swap("a3", "a6", new Answer.Swapped(true, 6)),
          swap("a3", "refused", new Answer.Swapped(false, 7)));

  private static final WatchEvent A1 = told(1, A, "a1", null);
  private static final WatchEvent B2 = told(2, B, "b2", null);
  private static final WatchEvent A3 = told(3, A, "a3", null);
  private static final WatchEvent B4 = gone(4, B, null);
  private static final WatchEvent A6 = told(6, A, "a6", null);
  private static final Contents END = contents(7, new KeyValue(A, Bytes.of("a6"), 1, 6, 3));

  @Test
  void whatHappenedIsValid() {
    WatchVerdict verdict =
        judge(
            WRITES,
            whole(PLAIN, A1, B2, A3, B4, A6),
            whole(ONE, A1, A3, A6),
            whole(
                FULL,
                A1,
                B2,
                told(3, A, "a3", "a1"),
                new WatchEvent.Progress(3),
                gone(4, B, "b2"),
                told(6, A, "a6", "a3")));

    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.events()).isEqualTo(13);
    assertThat(verdict.changes()).isEqualTo(5);
    assertThat(verdict.ends()).isEqualTo(3);
    assertThat(verdict.failures(13, 1)).isEmpty();
  }

  @Test
  void fewerEventsThanWantedAreAFailure() {
    WatchVerdict verdict = judge(WRITES, whole(ONE, A1, A3, A6));

    assertThat(verdict.failures(4, 0)).containsExactly("only 3 events of watches, wanted 4");
  }

  @Test
  void anAcknowledgedWriteThatIsNotToldIsAGap() {
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, B4, A6)))).containsExactly(Kind.GAP);
  }

  @Test
  void anAcknowledgedRemovalThatIsNotToldIsAGap() {
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, A6))))
        .containsExactly(Kind.GAP, Kind.WRONG_END);
  }

  @Test
  void whatOneWatchIsToldAndAnotherNotIsAGapEvenIfTheWriterDoesNotKnow() {
    List<Operation> writes = with(WRITES, put(A, "a7", new Answer.Unknown()));
    WatchEvent a7 = told(7, A, "a7", null);
    Contents end = contents(7, new KeyValue(A, Bytes.of("a7"), 1, 7, 4));

    WatchVerdict verdict =
        WatchValidator.judge(
            List.of(whole(PLAIN, A1, B2, A3, B4, A6, a7), whole(ONE, A1, A3, A6)), writes, end);

    assertThat(kinds(verdict)).containsExactly(Kind.GAP, Kind.WRONG_END);
  }

  @Test
  void aWriteOfUnknownOutcomeMayBeToldOrNot() {
    List<Operation> writes =
        with(WRITES, put(A, "a7", new Answer.Unknown()), delete(A, new Answer.Unknown()));
    WatchEvent a7 = told(7, A, "a7", null);
    Contents end = contents(7, new KeyValue(A, Bytes.of("a7"), 1, 7, 4));

    assertThat(judge(writes, whole(PLAIN, A1, B2, A3, B4, A6)).violations()).isEmpty();
    assertThat(
            WatchValidator.judge(List.of(whole(PLAIN, A1, B2, A3, B4, A6, a7)), writes, end)
                .violations())
        .isEmpty();
    assertThat(
            WatchValidator.judge(
                    List.of(whole(PLAIN, A1, B2, A3, B4, A6, gone(7, A, null))),
                    writes,
                    contents(7))
                .violations())
        .isEmpty();
  }

  @Test
  void aChangeThatIsToldTwiceIsADuplicate() {
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, A3, B4, A6))))
        .containsExactly(Kind.DUPLICATE);
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, B4, A6, A3)))).contains(Kind.DUPLICATE);
  }

  @Test
  void aWriteThatIsToldAtTwoRevisionsIsAPhantom() {
    List<Operation> writes = with(WRITES, put(A, "a7", new Answer.Unknown()));

    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, B4, told(5, A, "a3", null), A6))))
        .containsExactly(Kind.PHANTOM);
    assertThat(
            kinds(
                judge(
                    writes,
                    whole(PLAIN, A1, B2, A3, B4, told(5, A, "a7", null), A6),
                    whole(ONE, A1, A3, A6, told(7, A, "a7", null)))))
        .contains(Kind.PHANTOM);
  }

  @Test
  void anOlderRevisionAfterANewerOneIsDisorder() {
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, A3, B2, B4, A6))))
        .containsExactly(Kind.DISORDER);
  }

  @Test
  void aChangeThatProgressHadPassedIsDisorder() {
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, new WatchEvent.Progress(3), A3, B4, A6))))
        .containsExactly(Kind.DISORDER);
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, new WatchEvent.Progress(2), B4, A6))))
        .containsExactly(Kind.DISORDER);
  }

  @Test
  void aChangeFromBeforeTheWatchIsDisorder() {
    Contents base = contents(2, record(A, "a1", 1), record(B, "b2", 2));

    assertThat(kinds(judge(WRITES, of(PLAIN, segment(2, 0, base, 7, true, B2, A3, B4, A6)))))
        .containsExactly(Kind.DISORDER);
  }

  @Test
  void whatNobodyWroteOrWasRefusedIsAPhantom() {
    List<Operation> writes = with(WRITES, put(B, "b8", new Answer.Rejected()));

    for (WatchEvent phantom :
        List.of(
            told(5, B, "never tried", null),
            told(5, B, "a1", null), // of another key
            told(5, B, "b8", null), // rejected
            told(7, A, "refused", null), // a refused swap
            gone(7, A, null), // nobody removed it
            gone(5, B, null))) { // acknowledged, but there was nothing
      List<WatchEvent> events = new ArrayList<>(List.of(A1, B2, A3, B4, A6));
      events.add(phantom.revision() == 5 ? 4 : 5, phantom);

      assertThat(kinds(judge(writes, whole(PLAIN, events.toArray(WatchEvent[]::new)))))
          .as("%s", phantom)
          .contains(Kind.PHANTOM);
    }
  }

  @Test
  void whatAWatchDoesNotCoverIsAPhantom() {
    assertThat(kinds(judge(WRITES, whole(ONE, A1, B2, A3, A6))))
        .containsExactly(Kind.PHANTOM, Kind.WRONG_END);
  }

  @Test
  void anotherPreviousValueThanTheOneBeforeIsWrong() {
    WatchEvent b4 = gone(4, B, "b2");
    WatchEvent a6 = told(6, A, "a6", "a3");

    for (WatchEvent wrong :
        List.of(told(3, A, "a3", null), told(3, A, "a3", "a6"), told(3, A, "a3", "b2"))) {
      assertThat(kinds(judge(WRITES, whole(FULL, A1, B2, wrong, b4, a6))))
          .containsExactly(Kind.WRONG_PREVIOUS);
    }
    assertThat(kinds(judge(WRITES, whole(PLAIN, A1, B2, A3, b4, A6))))
        .as("nobody asked for it")
        .containsExactly(Kind.WRONG_PREVIOUS);
  }

  @Test
  void aPreviousValueIsHeldAgainstWhatOtherWatchesSawBefore() {
    Contents base = contents(3, record(A, "a3", 3), record(B, "b2", 2));
    WatchEvent b4 = gone(4, B, "b2");

    assertThat(
            judge(WRITES, of(FULL, segment(3, 0, base, 7, true, b4, told(6, A, "a6", "a3"))))
                .violations())
        .isEmpty();
    assertThat(
            kinds(
                judge(WRITES, of(FULL, segment(3, 0, base, 7, true, b4, told(6, A, "a6", "a1"))))))
        .containsExactly(Kind.WRONG_PREVIOUS);
  }

  @Test
  void aWatchThatGoesOnAfterItsEndMayTellAgainWhatWasNotComplete() {
    Observation resumed =
        of(PLAIN, first(2, End.BROKE, A1, B2, A3), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(judge(WRITES, resumed).violations()).isEmpty();
  }

  @Test
  void aGapBetweenTwoWatchesOfWhichOneGoesOnIsFound() {
    Observation late =
        of(
            PLAIN,
            first(2, End.BROKE, A1, B2),
            new Segment(3, 3, 3, Optional.empty(), List.of(B4, A6), 7, End.ENOUGH));
    Observation promised =
        of(PLAIN, first(3, End.BROKE, A1, B2), resumed(4, 7, End.ENOUGH, B4, A6));

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
            judge(WRITES, of(PLAIN, first, segment(2, 0, right, 7, true, A3, B4, A6))).violations())
        .isEmpty();
    assertThat(kinds(judge(WRITES, of(PLAIN, first, segment(2, 0, wrong, 7, true, A3, B4, A6)))))
        .containsExactly(Kind.WRONG_END);
  }

  @Test
  void aWatchThatBeganAnewAfterTheFinalScanIsNotHeldAgainstIt() {
    Contents late = contents(8, record(A, "a6", 6), record(B, "b8", 8));
    List<Operation> writes = with(WRITES, put(B, "b8", new Answer.Written(8)));

    WatchVerdict verdict = judge(writes, of(PLAIN, segment(8, 0, late, 8, true)));

    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.ends()).isZero();
  }

  @Test
  void whatEventsAddUpToMustBeWhatIsThere() {
    Contents end = contents(7, new KeyValue(A, Bytes.of("a3"), 1, 3, 2));

    WatchVerdict verdict =
        WatchValidator.judge(List.of(whole(PLAIN, A1, B2, A3, B4, A6)), WRITES, end);

    assertThat(kinds(verdict)).containsExactly(Kind.WRONG_END);
  }

  @Test
  void aWatchThatIsNotToldInTimeIsATrouble() {
    Observation silent =
        new Observation(
            Manner.client(PLAIN), List.of(first(0, End.LEFT)), 0, false, List.of("late"));

    assertThat(kinds(judge(WRITES, silent))).containsExactly(Kind.LATE);
  }

  @Test
  void aGapAfterAResumptionIsFound() {
    Observation lost = of(PLAIN, first(2, End.BROKE, A1, B2), resumed(3, 7, End.ENOUGH, B4, A6));
    Observation leftOut = of(PLAIN, first(2, End.BROKE, A1, B2), resumed(4, 7, End.ENOUGH, B4, A6));

    assertThat(kinds(judge(WRITES, lost))).containsExactly(Kind.GAP);
    assertThat(kinds(judge(WRITES, leftOut, whole(PLAIN, A1, B2, A3, B4, A6))))
        .as("nobody asked for it")
        .containsExactly(Kind.GAP);
  }

  @Test
  void aChangeThatIsToldAgainAcrossAResumptionAlthoughNobodyAskedForItIsADuplicate() {
    Observation again =
        of(PLAIN, first(3, End.BROKE, A1, B2, A3), resumed(4, 7, End.ENOUGH, A3, B4, A6));
    Observation muchLater =
        of(
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
        of(PLAIN, first(2, End.BROKE, A1, B2, A3), resumed(3, 7, End.ENOUGH, A3, A3, B4, A6));

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
                    of(FULL, first, resumed(3, 7, End.ENOUGH, a3, b4, told(6, A, "a6", "a3"))))
                .violations())
        .isEmpty();
    assertThat(
            kinds(
                judge(
                    WRITES,
                    of(FULL, first, resumed(3, 7, End.ENOUGH, a3, b4, told(6, A, "a6", "a1"))))))
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
      assertThat(judge(WRITES, of(PLAIN, first, anew(scan, 7, End.ENOUGH, events))).violations())
          .isEmpty();
    }
    assertThat(kinds(judge(WRITES, of(PLAIN, first, anew(scan, 7, End.ENOUGH, A3, A6)))))
        .containsExactly(Kind.GAP, Kind.WRONG_END);
    assertThat(kinds(judge(WRITES, of(PLAIN, first, anew(scan, 7, End.ENOUGH, A3, B2, B4, A6)))))
        .containsExactly(Kind.DISORDER);
    assertThat(
            kinds(
                judge(
                    WRITES,
                    of(PLAIN, first, anew(scan, 7, End.ENOUGH, told(2, B, "a1", null), B4, A6)))))
        .as("nobody wrote it")
        .containsExactly(Kind.PHANTOM);
  }

  @Test
  void anOverflowThatIsToldIsNoLoss() {
    Observation slow =
        of(PLAIN, first(2, End.TOLD, A1, B2, overflow(2)), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    WatchVerdict verdict = judge(WRITES, slow);

    assertThat(verdict.violations()).isEmpty();
    assertThat(slow.turns()).isEqualTo(new Turns(1, 0, 1, 0));
  }

  @Test
  void whatASlowReaderSilentlyMissesIsAGap() {
    Observation betweenTwo =
        of(PLAIN, first(3, End.BROKE, A1, A3), resumed(4, 7, End.ENOUGH, B4, A6));
    Observation beforeTheLast =
        of(PLAIN, first(3, End.TOLD, A1, B2, overflow(3)), resumed(4, 7, End.ENOUGH, B4, A6));

    assertThat(kinds(judge(WRITES, betweenTwo))).containsExactly(Kind.GAP);
    assertThat(kinds(judge(WRITES, beforeTheLast)))
        .as("the last event promised more than was told")
        .containsExactly(Kind.GAP);
  }

  @Test
  void aWatchThatGoesOnAfterItWasCanceledIsFound() {
    Observation goesOn =
        of(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2), A3),
            resumed(3, 7, End.ENOUGH, A3, B4, A6));
    Observation endsTwice =
        of(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2), overflow(2)),
            resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(kinds(judge(WRITES, goesOn))).containsExactly(Kind.AFTER_END);
    assertThat(kinds(judge(WRITES, endsTwice))).containsExactly(Kind.AFTER_END);
  }

  @Test
  void aPhantomAfterAnOverflowIsFound() {
    Observation slow =
        of(
            PLAIN,
            first(2, End.TOLD, A1, B2, overflow(2)),
            resumed(3, 7, End.ENOUGH, A3, B4, told(5, B, "never tried", null), A6));

    assertThat(kinds(judge(WRITES, slow))).contains(Kind.PHANTOM);
  }

  @Test
  void aWatchThatEndsWithoutALastEventIsSilence() {
    Observation silent =
        of(PLAIN, first(2, End.SILENT, A1, B2), resumed(3, 7, End.ENOUGH, A3, B4, A6));

    assertThat(kinds(judge(WRITES, silent))).containsExactly(Kind.SILENCE);
  }

  @Test
  void whoGoesOnBehindWhatWasCompleteMissesWhatIsBetween() {
    Observation skips = of(PLAIN, first(2, End.BROKE, A1, B2), resumed(5, 7, End.ENOUGH, A6));

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

  private static WatchVerdict judge(List<Operation> writes, Observation... observations) {
    return WatchValidator.judge(List.of(observations), writes, END);
  }

  private static List<Kind> kinds(WatchVerdict verdict) {
    return verdict.violations().stream().map(Violation::kind).toList();
  }

  private static Observation whole(Subject subject, WatchEvent... events) {
    return of(subject, whole(events));
  }

  private static Segment whole(WatchEvent... events) {
    return first(7, End.ENOUGH, events);
  }

  private static Observation of(Subject subject, Segment... segments) {
    return new Observation(Manner.client(subject), List.of(segments), 0, false, List.of());
  }

  private static Segment first(long complete, End end, WatchEvent... events) {
    return new Segment(0, 0, 0, Optional.of(NOTHING), Arrays.asList(events), complete, end);
  }

  private static Segment resumed(long from, long complete, End end, WatchEvent... events) {
    return new Segment(
        from - 1, from - 1, from, Optional.empty(), Arrays.asList(events), complete, end);
  }

  /// One that does not say where it began.
  private static Segment anew(Contents scan, long complete, End end, WatchEvent... events) {
    return new Segment(
        0, scan.firstRevision(), 0, Optional.of(scan), Arrays.asList(events), complete, end);
  }

  private static Segment segment(
      long begin, long asked, Contents base, long complete, boolean atEnd, WatchEvent... events) {
    return new Segment(
        begin,
        begin,
        asked,
        Optional.of(base),
        Arrays.asList(events),
        complete,
        atEnd ? End.ENOUGH : End.LEFT);
  }

  private static WatchEvent overflow(long revision) {
    return new WatchEvent.Canceled(
        revision, WatchEvent.Reason.BUFFER_OVERFLOW, 0, "not read fast enough");
  }

  private static Contents contents(long revision, KeyValue... entries) {
    return new Contents(List.of(new Page(revision, List.of(entries), Optional.empty())));
  }

  private static KeyValue record(Bytes key, String value, long revision) {
    return new KeyValue(key, Bytes.of(value), revision, revision, 1);
  }

  private static WatchEvent told(
      long revision, Bytes key, String value, @Nullable String previous) {
    return new WatchEvent.Put(
        revision, key, Bytes.of(value), Optional.ofNullable(previous).map(Bytes::of));
  }

  private static WatchEvent gone(long revision, Bytes key, @Nullable String previous) {
    return new WatchEvent.Delete(
        revision, key, Optional.ofNullable(previous).map(Bytes::of), false);
  }

  private static List<Operation> with(List<Operation> writes, Operation... more) {
    List<Operation> all = new ArrayList<>(writes);
    all.addAll(List.of(more));
    return all;
  }

  private static Operation put(Bytes key, String value, Answer answer) {
    return new Operation(1, 0, 1, new Call.Put(key, Bytes.of(value)), answer);
  }

  private static Operation delete(Bytes key, Answer answer) {
    return new Operation(1, 0, 1, new Call.Delete(key), answer);
  }

  private static Operation swap(String expected, String value, Answer answer) {
    return new Operation(
        1,
        0,
        1,
        new Call.CompareAndSwap(A, Optional.of(Bytes.of(expected)), Bytes.of(value)),
        answer);
  }
}
