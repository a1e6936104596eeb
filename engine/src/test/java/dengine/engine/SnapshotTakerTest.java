package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StateMachine;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// When snapshots are taken, and what a failure leads to.
final class SnapshotTakerTest {

  private final SteppedExecution threads = new SteppedExecution();
  private final MemorySnapshots store = new MemorySnapshots();
  private final News news = new News();
  private final UnreadableSnapshots unreadable = new UnreadableSnapshots(1, store);
  private final SnapshotCounters counters = new SnapshotCounters();
  private final Queue<Consumer<StateView>> asked = new ArrayDeque<>();
  private int openViews;
  private int askedInAll;

  @Test
  void aSnapshotIsTakenOnceEnoughEntriesAreApplied() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));

    taker.applied(9, 0);
    threads.settle();
    assertThat(asked).isEmpty();
    taker.applied(10, 0);
    threads.settle();
    answer(10);

    assertThat(indexes()).containsExactly(10L);
    assertThat(news.heard).containsExactly(new Event.SnapshotTaken(point(10), 3));
    assertThat(openViews).isZero();
  }

  @Test
  void theNextOneIsCountedFromTheLast() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();
    answer(12);

    taker.applied(21, 0);
    threads.settle();
    assertThat(asked).isEmpty();
    taker.applied(22, 0);
    threads.settle();

    assertThat(asked).hasSize(1);
  }

  @Test
  void aSnapshotIsTakenOnceEnoughBytesAreApplied() {
    SnapshotTaker taker = start(new SnapshotPolicy.Bytes(1000));

    taker.applied(1, 999);
    threads.settle();
    assertThat(asked).isEmpty();
    taker.applied(2, 1000);
    threads.settle();

    assertThat(asked).hasSize(1);
  }

  @Test
  void anOldSnapshotIsRenewedIfSomethingHasChangedAndOnlyThen() {
    SnapshotTaker taker = start(new SnapshotPolicy.Age(Duration.ofHours(1)));

    threads.pass(Duration.ofHours(3));
    assertThat(asked).as("nothing has changed").isEmpty();
    taker.applied(1, 1);
    threads.settle();
    answer(1);
    taker.applied(2, 2);
    threads.pass(Duration.ofMinutes(59));
    assertThat(asked).as("it is young").isEmpty();
    threads.pass(Duration.ofMinutes(1));

    assertThat(asked).hasSize(1);
  }

  @Test
  void theAgeOfASnapshotSurvivesARestart() {
    store.add(point(5), new byte[1], threads.wallMillis() - Duration.ofMinutes(59).toMillis());
    SnapshotTaker taker = start(new SnapshotPolicy.Age(Duration.ofHours(1)));
    taker.applied(6, 1);

    threads.pass(Duration.ofSeconds(59));
    assertThat(asked).isEmpty();
    threads.pass(Duration.ofSeconds(1));

    assertThat(asked).hasSize(1);
  }

  @Test
  void whoeverAsksGetsOneAndThoseWhoAskTogetherTheSame() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());
    taker.applied(7, 0);

    CompletableFuture<Snapshot> one = taker.demand();
    CompletableFuture<Snapshot> other = taker.demand();
    threads.settle();
    answer(7);

    assertThat(one).isCompletedWithValue(store.latest().orElseThrow());
    assertThat(other).isCompletedWithValue(store.latest().orElseThrow());
    assertThat(store.writes.get()).isEqualTo(1);
  }

  @Test
  void whoeverAsksAfterTheViewWasTakenGetsANewerOne() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());
    CompletableFuture<Snapshot> first = taker.demand();
    threads.settle();

    CompletableFuture<Snapshot> second = taker.demand();
    answer(7);
    answer(8);

    assertThat(first.join().point()).isEqualTo(point(7));
    assertThat(second.join().point()).isEqualTo(point(8));
  }

  @Test
  void noneIsWrittenIfTheNewestHoldsAllThatIsApplied() {
    Snapshot there = store.add(point(7), new byte[3], 0);
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());

    CompletableFuture<Snapshot> answer = taker.demand();
    threads.settle();
    answer(7);

    assertThat(answer).isCompletedWithValue(there);
    assertThat(store.writes.get()).isZero();
    assertThat(openViews).isZero();
  }

  @Test
  void aFullDiskStopsNothingAndIsTriedAgainLessAndLessOften() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    store.room = 0;
    taker.applied(10, 0);
    threads.settle();
    answer(10);
    assertThat(counters.failed.sum()).isEqualTo(1);

    taker.applied(11, 0);
    threads.pass(Duration.ofMillis(999));
    assertThat(asked).isEmpty();
    threads.pass(Duration.ofMillis(1));
    answer(11);
    threads.pass(Duration.ofMillis(1999));
    assertThat(asked).as("twice as long").isEmpty();
    threads.pass(Duration.ofMillis(1));
    store.room = Long.MAX_VALUE;
    answer(11);

    assertThat(indexes()).containsExactly(11L);
    assertThat(counters.failed.sum()).isEqualTo(2);
    assertThat(news.heard).hasSize(1);
    assertThat(openViews).isZero();
  }

  @Test
  void whatWasFetchedStaysUntilItIsInstalled() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();
    store.add(point(20), new byte[1], threads.wallMillis());
    store.add(point(30), new byte[1], threads.wallMillis());
    store.add(point(40), new byte[1], threads.wallMillis());

    answer(10);
    assertThat(indexes()).as("two are yet to be installed").contains(20L, 30L, 40L);
    taker.applied(20, 0);
    taker.installed();
    threads.settle();
    assertThat(indexes()).contains(20L, 30L, 40L);
    taker.applied(40, 0);
    taker.installed();
    threads.settle();

    assertThat(indexes()).containsExactly(30L, 40L);
  }

  @Test
  void whoeverAsksForOneHearsWhyThereIsNone() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());
    store.room = 0;

    CompletableFuture<Snapshot> answer = taker.demand();
    threads.settle();
    answer(7);

    assertThatThrownBy(answer::join).hasMessageContaining("no space left");
  }

  @Test
  void aMachineThatThrowsInsteadOfAViewIsAskedAgainLater() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();

    asked.remove().accept(new StateView.Failed(new IllegalStateException("not now")));
    threads.pass(Duration.ofSeconds(1));
    answer(10);

    assertThat(indexes()).containsExactly(10L);
  }

  @Test
  void aMachineThatTakesNoSnapshotsIsAskedOnceOnly() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();
    asked.remove().accept(new StateView.Taken(Optional.of(point(10)), Optional.empty(), 1, 0));

    taker.applied(1000, 0);
    threads.pass(Duration.ofHours(1));

    assertThat(asked).isEmpty();
    CompletableFuture<Snapshot> answer = taker.demand();
    threads.settle();
    asked.remove().accept(new StateView.Taken(Optional.of(point(10)), Optional.empty(), 1, 0));
    threads.settle();
    assertThatThrownBy(answer::join).hasMessageContaining("takes no snapshots");
  }

  @Test
  void oneThatCameFromAnotherNodeCountsAsTheLast() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    store.add(point(100), new byte[1], 0);

    taker.applied(100, 0);
    threads.settle();
    taker.applied(109, 0);
    threads.settle();
    assertThat(asked).isEmpty();
    taker.applied(110, 0);
    threads.settle();

    assertThat(asked).hasSize(1);
  }

  @Test
  void asManyAreKeptAsTheOptionsSay() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());

    for (long index = 1; index <= 5; index++) {
      CompletableFuture<Snapshot> taken = taker.demand();
      threads.settle();
      answer(index);
      assertThat(taken).isCompleted();
    }

    assertThat(indexes()).containsExactly(4L, 5L);
  }

  @Test
  void aNodeThatEndsNeitherWaitsForASnapshotNorLeavesAnybodyWaiting() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());
    CompletableFuture<Snapshot> served = taker.demand();
    threads.settle();
    CompletableFuture<Snapshot> waiting = taker.demand();

    taker.close();
    answer(7);
    CompletableFuture<Snapshot> late = taker.demand();

    for (CompletableFuture<Snapshot> demand : List.of(served, waiting, late)) {
      assertThatThrownBy(demand::join).hasCauseInstanceOf(NodeException.Stopped.class);
    }
    assertThat(store.list()).isEmpty();
    assertThat(openViews).isZero();
  }

  @Test
  void whatIsBeingWrittenIsGivenUpWhenTheNodeEnds() {
    SnapshotTaker taker = start(SnapshotPolicy.onDemand());
    CompletableFuture<Snapshot> demand = taker.demand();
    threads.settle();

    Writes closes =
        out -> {
          taker.close();
          out.write(new byte[10]);
        };
    asked.remove().accept(taken(7, closes));
    threads.settle();

    assertThatThrownBy(demand::join).hasCauseInstanceOf(NodeException.Stopped.class);
    assertThat(store.list()).isEmpty();
    assertThat(counters.failed.sum()).as("it is no failure").isZero();
  }

  @Test
  void theNewestIsWrittenAgainWhenItCannotBeReadAlthoughNothingMoreIsApplied() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();
    answer(10);

    unreadable.add(point(9).position());
    unreadable.suspect(point(10).position());
    threads.settle();
    assertThat(asked).as("nobody needs an older one, and the newest is as it was").isEmpty();
    store.rotten = true;
    unreadable.suspect(point(10).position());
    threads.settle();
    answer(10);
    threads.pass(Duration.ofMinutes(1));

    assertThat(store.writes.get()).isEqualTo(2);
    assertThat(asked).as("it is readable now").isEmpty();
  }

  @Test
  @Timeout(60)
  void aSnapshotHasNoTimeOnceTheNextIsDue() {
    SnapshotTaker taker = start(new SnapshotPolicy.Entries(10));
    taker.applied(10, 0);
    threads.settle();
    taker.applied(20, 0); // the clock stands still: with time it would wait for ever
    asked.remove().accept(taken(10, SnapshotTakerTest::muchInTwoSteps));
    threads.settle();
    answer(20);
    assertThat(indexes()).containsExactly(10L, 20L);
  }

  private SnapshotTaker start(SnapshotPolicy policy) {
    SnapshotOptions options =
        SnapshotOptions.DEFAULT.withPolicy(policy).withRetention(2, 0, 0).withWriting(64 << 10);
    SnapshotTaker taker =
        new SnapshotTaker(
            "snapshot", 1, store, options, threads, threads, news, counters, unreadable);
    taker.start(
        answer -> {
          asked.add(answer);
          askedInAll++;
        });
    threads.settle();
    assertThat(askedInAll).isZero();
    return taker;
  }

  private interface Writes {
    void to(OutputStream out) throws IOException;
  }

  private void answer(long index) {
    asked.remove().accept(taken(index, out -> out.write(new byte[(int) index])));
    threads.settle();
  }

  private StateView taken(long index, Writes writes) {
    openViews++;
    StateMachine.View view =
        new StateMachine.View() {
          @Override
          public void writeTo(OutputStream out) throws IOException {
            writes.to(out);
          }

          @Override
          public void close() {
            openViews--;
          }
        };
    return new StateView.Taken(Optional.of(point(index)), Optional.of(view), 3, index);
  }

  private static void muchInTwoSteps(OutputStream out) throws IOException {
    out.write(new byte[1 << 20]);
    out.write(new byte[1 << 20]);
  }

  private List<Long> indexes() {
    return store.list().stream().map(snapshot -> snapshot.point().position().index()).toList();
  }

  private static SnapshotPoint point(long index) {
    return new SnapshotPoint(new Position(index, 1), 0, Membership.of(1), 0);
  }
}
