package dengine.testkit.chaos;

import static dengine.testkit.chaos.WatchHistory.A;
import static dengine.testkit.chaos.WatchHistory.A1;
import static dengine.testkit.chaos.WatchHistory.A3;
import static dengine.testkit.chaos.WatchHistory.A6;
import static dengine.testkit.chaos.WatchHistory.B;
import static dengine.testkit.chaos.WatchHistory.B2;
import static dengine.testkit.chaos.WatchHistory.B4;
import static dengine.testkit.chaos.WatchHistory.FULL;
import static dengine.testkit.chaos.WatchHistory.ONE;
import static dengine.testkit.chaos.WatchHistory.PLAIN;
import static dengine.testkit.chaos.WatchHistory.WRITES;
import static dengine.testkit.chaos.WatchHistory.contents;
import static dengine.testkit.chaos.WatchHistory.delete;
import static dengine.testkit.chaos.WatchHistory.first;
import static dengine.testkit.chaos.WatchHistory.gone;
import static dengine.testkit.chaos.WatchHistory.judge;
import static dengine.testkit.chaos.WatchHistory.kinds;
import static dengine.testkit.chaos.WatchHistory.observed;
import static dengine.testkit.chaos.WatchHistory.put;
import static dengine.testkit.chaos.WatchHistory.record;
import static dengine.testkit.chaos.WatchHistory.segment;
import static dengine.testkit.chaos.WatchHistory.told;
import static dengine.testkit.chaos.WatchHistory.whole;
import static dengine.testkit.chaos.WatchHistory.with;
import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.WatchEvent;
import dengine.testkit.chaos.Segment.End;
import dengine.testkit.chaos.WatchVerdict.Kind;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Operation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// That the validator of watches finds each kind of lie, and does not take the truth for one.
class WatchValidatorTest {

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

    assertThat(kinds(judge(WRITES, observed(PLAIN, segment(2, 0, base, 7, true, B2, A3, B4, A6)))))
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
            judge(WRITES, observed(FULL, segment(3, 0, base, 7, true, b4, told(6, A, "a6", "a3"))))
                .violations())
        .isEmpty();
    assertThat(
            kinds(
                judge(
                    WRITES,
                    observed(FULL, segment(3, 0, base, 7, true, b4, told(6, A, "a6", "a1"))))))
        .containsExactly(Kind.WRONG_PREVIOUS);
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
}
