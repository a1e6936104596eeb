package dengine.testkit.linearizability;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// One small history per way to be wrong; each must be flagged, and its right twin must not.
class PlantedViolationsTest {

  private static final Bytes K = Bytes.of("k");
  private static final Bytes L = Bytes.of("l");

  private final List<Operation> history = new ArrayList<>();
  private long clock;

  @Test
  void aStaleRead() {
    now(put(K, "a"), new Answer.Written(1));
    now(put(K, "b"), new Answer.Written(2));
    right(new Call.Get(K), found(K, "b", 1, 2, 2));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 1, 1));
  }

  @Test
  void aReadThatGoesBackInTime() {
    // Concurrent with the second put both values may be seen, but not the old one after the new
    // one.
    now(put(K, "a"), new Answer.Written(1));
    during(put(K, "b"), new Answer.Written(2));
    now(new Call.Get(K), found(K, "b", 1, 2, 2));
    right(new Call.Get(K), found(K, "b", 1, 2, 2));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 1, 1));
  }

  @Test
  void aLostUpdate() {
    now(put(K, "a"), new Answer.Written(1));
    right(new Call.Get(K), found(K, "a", 1, 1, 1));

    wrongForBoth(new Call.Get(K), new Answer.Found(Optional.empty()));
  }

  @Test
  void anEffectThatHappensTwice() {
    now(put(K, "a"), new Answer.Written(1));
    now(put(K, "b"), new Answer.Written(2));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 3, 3));
  }

  @Test
  void anUnknownWriteThatHappensTwice() {
    now(put(K, "a"), new Answer.Unknown());
    now(new Call.Get(K), found(K, "a", 1, 1, 1));
    now(put(K, "b"), new Answer.Written(2));
    right(new Call.Get(K), found(K, "b", 1, 2, 2));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 3, 3));
  }

  @Test
  void twoSwapsOfTheSameValueThatBothSucceed() {
    now(put(K, "a"), new Answer.Written(1));
    now(swap(K, "a", "b"), new Answer.Swapped(true, 2));
    right(swap(K, "a", "c"), new Answer.Swapped(false, 3));

    wrongForBoth(swap(K, "a", "c"), new Answer.Swapped(true, 3));
  }

  @Test
  void aSwapThatIsRefusedWithoutReason() {
    now(put(K, "a"), new Answer.Written(1));
    right(swap(K, "a", "b"), new Answer.Swapped(true, 2));

    wrongForBoth(swap(K, "a", "c"), new Answer.Swapped(false, 2));
  }

  @Test
  void aValueThatNobodyWrote() {
    now(put(K, "a"), new Answer.Written(1));

    wrongForBoth(new Call.Get(K), found(K, "phantom", 1, 2, 2));
  }

  @Test
  void aRejectedWriteThatHappened() {
    now(put(K, "a"), new Answer.Rejected());
    right(new Call.Get(K), new Answer.Found(Optional.empty()));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 1, 1));
  }

  @Test
  void aDeletedKeyThatComesBack() {
    now(put(K, "a"), new Answer.Written(1));
    now(new Call.Delete(K), new Answer.Written(2));
    right(new Call.Get(K), new Answer.Found(Optional.empty()));

    wrongForBoth(new Call.Get(K), found(K, "a", 1, 1, 1));
  }

  @Test
  void readsOfSeveralKeysThatDisagreeAboutTheOrder() {
    // All at the same time: each key alone looks right, but nobody can have seen both.
    during(put(K, "a"), new Answer.Written(1));
    during(put(L, "b"), new Answer.Written(2));
    Call both = new Call.GetMany(List.of(K, L));
    Optional<KeyValue> a = Optional.of(record(K, "a", 1, 1, 1));
    Optional<KeyValue> b = Optional.of(record(L, "b", 2, 2, 1));
    during(both, new Answer.FoundMany(1, List.of(a, Optional.empty())));
    assertThat(RevisionOrderChecker.check(history)).isInstanceOf(Verdict.Valid.class);

    during(both, new Answer.FoundMany(2, List.of(Optional.empty(), b)));

    assertThat(RevisionOrderChecker.check(history)).isInstanceOf(Verdict.Violation.class);
    assertThat(BruteForce.linearizable(history)).isFalse();
    assertThat(new LinearizabilityChecker().check(history)).isInstanceOf(Verdict.Valid.class);
  }

  @Test
  void aScanThatMissesAKey() {
    now(put(K, "a"), new Answer.Written(1));
    Call all = new Call.Scan(Bytes.EMPTY);
    KeyValue a = record(K, "a", 1, 1, 1);
    right(all, new Answer.Scanned(1, List.of(a), Optional.empty()));
    right(all, new Answer.Scanned(1, List.of(), Optional.of(K)));

    wrongForBoth(all, new Answer.Scanned(1, List.of(), Optional.empty()));
  }

  @Test
  void aScanOfAnOldRevision() {
    now(put(K, "a"), new Answer.Written(1));
    now(put(K, "b"), new Answer.Written(2));

    wrongForBoth(
        new Call.Scan(K),
        new Answer.Scanned(1, List.of(record(K, "a", 1, 1, 1)), Optional.empty()));
  }

  @Test
  void wrongCountersInARecord() {
    now(put(K, "a"), new Answer.Written(1));
    now(put(K, "b"), new Answer.Written(2));

    for (KeyValue wrong :
        List.of(record(K, "b", 2, 2, 1), record(K, "b", 1, 2, 3), record(K, "b", 1, 1, 1))) {
      List<Operation> damaged =
          Lies.with(history, at(new Call.Get(K), new Answer.Found(Optional.of(wrong))));
      assertThat(RevisionOrderChecker.check(damaged)).isInstanceOf(Verdict.Violation.class);
    }
  }

  @Test
  void twoWritesAtOneRevision() {
    now(put(K, "a"), new Answer.Written(1));
    now(put(L, "b"), new Answer.Written(1));

    assertThat(RevisionOrderChecker.check(history)).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void aLaterWriteWithAnEarlierRevision() {
    now(put(K, "a"), new Answer.Written(5));
    now(put(L, "b"), new Answer.Written(4));

    assertThat(RevisionOrderChecker.check(history)).isInstanceOf(Verdict.Violation.class);
  }

  @Test
  void anUnknownWriteThatHappenedBeforeItWasAskedFor() {
    now(new Call.Get(K), found(K, "a", 1, 1, 1));
    List<Operation> wrong = now(put(K, "a"), new Answer.Unknown());

    assertThat(new LinearizabilityChecker().check(wrong)).isInstanceOf(Verdict.Violation.class);
    assertThat(RevisionOrderChecker.check(wrong)).isInstanceOf(Verdict.Violation.class);
  }

  private void wrongForBoth(Call call, Answer answer) {
    List<Operation> wrong = Lies.with(history, at(call, answer));
    assertThat(BruteForce.linearizable(wrong)).as("by brute force").isFalse();
    assertThat(new LinearizabilityChecker().check(wrong)).isInstanceOf(Verdict.Violation.class);
    assertThat(RevisionOrderChecker.check(wrong)).isInstanceOf(Verdict.Violation.class);
  }

  private void right(Call call, Answer answer) {
    List<Operation> twin = Lies.with(history, at(call, answer));
    assertThat(new LinearizabilityChecker().check(twin)).isInstanceOf(Verdict.Valid.class);
    assertThat(RevisionOrderChecker.check(twin)).isInstanceOf(Verdict.Valid.class);
  }

  private List<Operation> now(Call call, Answer answer) {
    history.add(at(call, answer));
    clock += 10;
    return history;
  }

  /// A call that goes on until the end of the history.
  private void during(Call call, Answer answer) {
    history.add(new Operation(1, clock, 1_000_000, call, answer));
    clock += 10;
  }

  private Operation at(Call call, Answer answer) {
    return new Operation(0, clock, clock + 5, call, answer);
  }

  private static Call put(Bytes key, String value) {
    return new Call.Put(key, Bytes.of(value));
  }

  private static Call swap(Bytes key, String expected, String value) {
    return new Call.CompareAndSwap(key, Optional.of(Bytes.of(expected)), Bytes.of(value));
  }

  private static Answer found(Bytes key, String value, long created, long modified, long version) {
    return new Answer.Found(Optional.of(record(key, value, created, modified, version)));
  }

  private static KeyValue record(
      Bytes key, String value, long created, long modified, long version) {
    return new KeyValue(key, Bytes.of(value), created, modified, version);
  }
}
