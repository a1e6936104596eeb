package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.engine.spi.StateMachine;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Keys that go by themselves, for any store. The cluster time of a [TestBatch] is a thousand and
/// the index, in milliseconds: each entry is one later than the one before.
@SuppressWarnings("missing-explicit-ctor") // extended in the packages of other stores
public abstract class TimeToLiveConformance extends CommandConformance {

  private static final Bytes A = Bytes.of("a");
  private static final Bytes B = Bytes.of("b");
  private static final Bytes ONE = Bytes.of("1");
  private static final Bytes TWO = Bytes.of("2");
  private static final long NEVER = Long.MAX_VALUE;

  @Test
  void aKeyGoesWithTheFirstEntryThatReachesItsDeadline() {
    apply(new Command.Put(A, ONE, 3));
    assertThat(store.nextDeadline()).isEqualTo(1004);
    passes(2);
    assertThat(store.get(A)).contains(new KeyValue(A, ONE, 1, 1, 1));

    passes(1);

    assertThat(store.get(A)).isEmpty();
    assertThat(store.nextDeadline()).isEqualTo(NEVER);
  }

  @Test
  void whatHasGoneIsNowhereToBeFound() {
    apply(new Command.Put(A, ONE, 1));
    apply(new Command.Put(B, ONE));

    assertThat(store.get(A)).isEmpty();
    assertThat(store.value(A)).isNull();
    assertThat(store.getMany(List.of(A, B)).values().getFirst()).isEmpty();
    assertThat(store.scan(Scan.prefix("")).entries()).extracting(KeyValue::key).containsExactly(B);
    assertThat(store.footprint().keys()).isEqualTo(1);
  }

  @Test
  void aWriteWithoutATimeToLiveTakesTheDeadlineAway() {
    apply(new Command.Put(A, ONE, 2));
    apply(new Command.Put(A, TWO));
    assertThat(store.nextDeadline()).isEqualTo(NEVER);
    passes(5);

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 1, 2, 2));
  }

  @Test
  void aWriteWithAnotherTimeToLiveMovesTheDeadline() {
    apply(new Command.Put(A, ONE, 100));
    apply(new Command.Put(A, ONE, 2));
    passes(1);
    assertThat(store.get(A)).isPresent();
    passes(1);
    assertThat(store.get(A)).isEmpty();
    apply(new Command.Put(B, ONE, 2));
    apply(new Command.Put(B, ONE, 100));
    passes(50);

    assertThat(store.get(B)).isPresent();
  }

  @Test
  void aDeletedKeyThatIsWrittenAgainLivesOn() {
    apply(new Command.Put(A, ONE, 3));
    apply(new Command.Delete(A));
    apply(new Command.Put(A, TWO));
    passes(5);

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 3, 3, 1));
  }

  @Test
  void aSwapTakesWhatHasGoneForAbsent() {
    apply(new Command.Put(A, ONE, 1));

    Command swap = new Command.CompareAndSwap(A, Optional.empty(), TWO, 2);
    assertThat(apply(swap)).isEqualTo(new Swap(true, 2));
    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 2, 2, 1));
    passes(1);
    assertThat(apply(new Command.CompareAndSwap(A, Optional.of(TWO), ONE)))
        .as("gone with the entry of the swap itself, before it is looked at")
        .isEqualTo(new Swap(false, 4));
  }

  @Test
  void aSwapThatFailsLeavesTheDeadline() {
    apply(new Command.Put(A, ONE, 4));
    apply(new Command.CompareAndSwap(A, Optional.of(TWO), TWO));
    assertThat(store.nextDeadline()).isEqualTo(1005);
  }

  @Test
  void aLockIsKeptByRenewingIt() {
    for (int i = 0; i < 20; i++) {
      Optional<Bytes> expected = i == 0 ? Optional.empty() : Optional.of(ONE);
      assertThat(apply(new Command.CompareAndSwap(A, expected, ONE, 3)))
          .isEqualTo(new Swap(true, store.revision()));
      passes(1);
    }
    passes(2);

    assertThat(store.get(A)).isEmpty();
  }

  @Test
  void aKeyMayComeAndGoWithinABatch() {
    TestBatch batch = new TestBatch(1);
    batch.add(new Command.Put(A, ONE, 2).encode());
    batch.add(new Command.Put(B, ONE, 3).encode());
    batch.add(new byte[0]);
    batch.add(new Command.CompareAndSwap(A, Optional.empty(), TWO, 50).encode());
    batch.add(new Command.Put(B, TWO).encode());
    store.apply(batch);

    assertThat(store.get(A)).contains(new KeyValue(A, TWO, 4, 4, 1));
    assertThat(store.get(B)).contains(new KeyValue(B, TWO, 5, 5, 1));
    assertThat(store.nextDeadline()).isEqualTo(1054);
  }

  @Test
  void manyGoAtOnce() {
    for (int i = 0; i < 2000; i++) {
      apply(new Command.Put(Bytes.of("k" + i), ONE, 2000 - i + i % 7));
    }
    passes(20);

    assertThat(store.footprint().keys()).isZero();
    assertThat(store.scan(Scan.prefix("")).entries()).isEmpty();
  }

  @Test
  void whatIsDueAtOnceGoesInStepsAndIsSeenByNobodyMeanwhile() {
    store = open(new ExpiryBudget(1, 2, 3));
    dueAtOnce(10);
    assertThat(store.get(Bytes.of("k9"))).as("due with the next entry").isPresent();

    passes(1);

    assertThat(store.footprint().keys()).as("keys that are left").isEqualTo(7);
    assertThat(store.nextDeadline()).as("has passed").isEqualTo(1011);
    assertThat(store.get(Bytes.of("k9"))).isEmpty();
    assertThat(store.value(Bytes.of("k9"))).isNull();
    assertThat(store.getMany(List.of(Bytes.of("k9"))).values().getFirst()).isEmpty();
    assertThat(store.scan(Scan.prefix("k")).entries()).isEmpty();
    passes(2);
    assertThat(store.footprint().keys()).isEqualTo(1);
    passes(1);
    assertThat(store.footprint().keys()).isZero();
    assertThat(store.nextDeadline()).isEqualTo(NEVER);
  }

  @Test
  void aCommandTakesItsKeyForGoneWhenItsTimeHasComeThoughItIsStillThere() {
    store = open(new ExpiryBudget(1, 0, 1));
    dueAtOnce(10);

    Swap swap = new Swap(true, 11);
    assertThat(apply(new Command.CompareAndSwap(Bytes.of("k9"), Optional.empty(), TWO)))
        .isEqualTo(swap);
    assertThat(apply(new Command.CompareAndSwap(Bytes.of("k8"), Optional.of(ONE), TWO)))
        .isEqualTo(new Swap(false, 12));
    apply(new Command.Delete(Bytes.of("k7")));
    apply(new Command.Put(Bytes.of("k6"), TWO));

    assertThat(store.get(Bytes.of("k9"))).contains(new KeyValue(Bytes.of("k9"), TWO, 11, 11, 1));
    assertThat(store.get(Bytes.of("k8"))).isEmpty();
    assertThat(store.get(Bytes.of("k6"))).contains(new KeyValue(Bytes.of("k6"), TWO, 14, 14, 1));
    assertThat(store.footprint().keys()).as("two living, two left of ten").isEqualTo(4);
    passes(2);
    assertThat(store.scan(Scan.prefix("k")).entries()).hasSize(2);
    assertThat(store.footprint().keys()).isEqualTo(2);
  }

  @Test
  void aSnapshotTakesAlongWhatHasGoneAndIsNotRemovedYet() {
    // Enough for the time since the entry before, not for all the time that there was.
    ExpiryBudget budget = new ExpiryBudget(1, 2, 100);
    store = open(budget);
    dueAtOnce(10);
    passes(1);
    KeyValueStore other = open(budget);
    Snapshots.restore(other, Snapshots.take(store), store.revision());

    assertThat(other.footprint().keys()).isEqualTo(7);
    assertThat(other.nextDeadline()).isEqualTo(1011);
    assertThat(other.get(Bytes.of("k9"))).isEmpty();
    TestBatch batch = TestBatch.after(store, new Command.Put(A, ONE));
    store.apply(batch);
    other.apply(batch);
    assertThat(other.footprint().keys()).as("four left and A").isEqualTo(5);
    assertThat(other.stateHash()).as("the same ones go first").isEqualTo(store.stateHash());
  }

  @Test
  void aScanStepsOverSoManyThatHaveGoneAndThenEndsItsPage() {
    store = open(new ExpiryBudget(1, 0, 1));
    int keys = 10_010;
    dueAtOnce(keys);
    apply(new Command.Put(Bytes.of("z"), ONE));

    Page first = store.scan(Scan.prefix("").limit(10));
    assertThat(first.entries()).isEmpty();
    assertThat(first.next()).isPresent();
    Page rest = store.scan(Scan.prefix("").limit(10).from(first.next().get()));
    assertThat(rest.entries()).extracting(KeyValue::key).containsExactly(Bytes.of("z"));
    assertThat(rest.next()).isEmpty();
  }

  /// Keys k0 to k9, all due with the entry after them.
  private void dueAtOnce(int keys) {
    for (int i = 0; i < keys; i++) {
      apply(new Command.Put(Bytes.of("k" + i), ONE, keys - i));
    }
  }

  @Test
  void aSnapshotTakesDeadlinesAlong() {
    apply(new Command.Put(A, ONE, 3));
    apply(new Command.Put(B, ONE));
    StateMachine.View view = store.view().orElseThrow();
    long viewed = store.revision();
    passes(5);
    KeyValueStore other = open(Limits.DEFAULT);
    Snapshots.restore(other, Snapshots.write(view), viewed);

    assertThat(other.get(A)).as("still there at that time").isPresent();
    assertThat(other.nextDeadline()).isEqualTo(1004);
    TestBatch batch = new TestBatch(viewed + 1);
    for (int i = 0; i < 5; i++) {
      batch.add(new byte[0]);
    }
    other.apply(batch);

    assertThat(other.get(A)).isEmpty();
    assertThat(other.stateHash()).isEqualTo(store.stateHash());
  }

  @Test
  void statesThatDifferInADeadlineDiffer() {
    KeyValueStore other = open(Limits.DEFAULT);
    TestBatch.apply(other, new Command.Put(A, ONE, 100));
    apply(new Command.Put(A, ONE, 101));

    assertThat(other.stateHash()).isNotEqualTo(store.stateHash());
  }

  /// Entries that are no commands, one millisecond after the other.
  private void passes(int millis) {
    TestBatch batch = new TestBatch(store.revision() + 1);
    for (int i = 0; i < millis; i++) {
      batch.add(new byte[0]);
    }
    store.apply(batch);
  }
}
