package dengine.kv.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.kv.Command;
import dengine.kv.KvStore;
import dengine.kv.SteppedExecution;
import dengine.kv.TestBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

final class WatchesTest {

  private static final Bytes KEY = Bytes.of("/k");
  private static final Bytes OTHER = Bytes.of("/other/k");
  private static final Bytes BELOW = Bytes.of("/other/");
  private static final Bytes SLASH = Bytes.of("/");
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final SteppedExecution execution = new SteppedExecution();
  private final KvStore store = new KvStore();
  private Watches watches;

  private void open(WatchLimits limits) {
    watches = new Watches("watch", limits, 0, execution, execution, new Random(1));
    store.tell(watches.recorder());
  }

  private Watch watch(WatchOptions options) {
    return watches.watch(Watched.key(KEY), options).join();
  }

  private void put(String value) {
    TestBatch.apply(store, new Command.Put(KEY, Bytes.of(value)));
  }

  @Test
  void progressComesAboutOnceInAnIntervalAndNeverBeforeTheEventsItTellsOf() {
    open(WatchLimits.DEFAULT.withProgressInterval(INTERVAL));
    Watch watch = watch(WatchOptions.DEFAULT);
    int progress = 0;
    for (int second = 0; second < 1000; second++) {
      put("x");
      execution.pass(Duration.ofSeconds(1));
      long told = 0;
      for (var next = watch.poll(Duration.ZERO); next.isPresent(); ) {
        if (next.get() instanceof WatchEvent.Progress(long revision)) {
          progress++;
          assertThat(revision).isBetween(told, store.revision());
        } else {
          told = next.get().revision();
        }
        next = watch.poll(Duration.ZERO);
      }
    }

    assertThat(progress).isBetween(90, 112);
  }

  @Test
  void progressThatNobodyTakesDoesNotFillTheBuffer() {
    open(WatchLimits.DEFAULT.withProgressInterval(INTERVAL));
    Watch watch = watch(WatchOptions.DEFAULT.bufferSize(1));
    execution.pass(INTERVAL.multipliedBy(50));
    TestBatch.apply(store, new Command.Delete(KEY));
    execution.pass(INTERVAL.multipliedBy(2));

    assertThat(watch.poll(Duration.ZERO)).contains(new WatchEvent.Progress(1));
    put("x");
    execution.settle();
    assertThat(watch.next()).isInstanceOf(WatchEvent.Put.class);
  }

  @Test
  void oneWhoStartsInThePastIsWaitedForInsteadOfBeingEnded() {
    open(WatchLimits.DEFAULT);
    for (int i = 0; i < 100; i++) {
      put(Integer.toString(i));
    }
    Watch watch = watch(WatchOptions.DEFAULT.from(1).bufferSize(3));
    execution.settle();

    for (int i = 0; i < 100; i++) {
      assertThat(watch.next()).isInstanceOf(WatchEvent.Put.class);
      execution.settle();
    }
    assertThat(watch.poll(Duration.ZERO)).isEmpty();
  }

  @Test
  void oneWhoStartsAtARevisionThatIsYetToComeIsToldNothingBefore() {
    open(WatchLimits.DEFAULT.withProgressInterval(INTERVAL));
    Watch watch = watch(WatchOptions.DEFAULT.from(100));
    for (int revision = 1; revision <= 99; revision++) {
      put("x");
    }
    execution.pass(INTERVAL.dividedBy(2));
    assertThat(watch.poll(Duration.ZERO)).isEmpty();

    put("y");
    execution.settle();

    assertThat(watch.next())
        .isEqualTo(new WatchEvent.Put(100, KEY, Bytes.of("y"), Optional.empty()));
  }

  @Test
  void oneWhoIsOvertakenByTheRingIsEnded() {
    open(WatchLimits.DEFAULT.withHistory(10, 1 << 20));
    put("0");
    Watch watch = watch(WatchOptions.DEFAULT.from(1).bufferSize(1));
    Watch live = watch(WatchOptions.DEFAULT);
    execution.settle();
    for (int i = 0; i < 20; i++) {
      put("x");
    }
    execution.settle();

    assertThat(watch.next().revision()).isEqualTo(1);
    execution.settle();
    WatchEvent.Canceled last = (WatchEvent.Canceled) watch.next();
    assertThat(last.reason()).isEqualTo(Reason.BUFFER_OVERFLOW);
    assertThat(last.revision()).isEqualTo(1);
    assertThat(last.oldest()).isEqualTo(12);
    assertThat(((WatchEvent.Canceled) live.next()).revision()).isEqualTo(1);
    assertThat(watches.activity().overflows()).isEqualTo(2);
    assertThat(watches.activity().watchers()).isZero();
  }

  @Test
  void whoIsNotConcernedByWhatTheRingWentOverGoesOn() {
    open(WatchLimits.DEFAULT.withHistory(10, 1 << 20));
    Watch concerned = watch(WatchOptions.DEFAULT);
    Watch concernedToo = watches.watch(Watched.prefix(SLASH), WatchOptions.DEFAULT).join();
    Watch other = watches.watch(Watched.key(OTHER), WatchOptions.DEFAULT).join();
    Watch below = watches.watch(Watched.prefix(BELOW), WatchOptions.DEFAULT).join();
    execution.settle();
    for (int i = 0; i < 50; i++) {
      put("x");
    }
    TestBatch.apply(store, new Command.Put(OTHER, KEY));
    execution.settle();

    assertThat(concerned.next()).isInstanceOf(WatchEvent.Canceled.class);
    assertThat(concernedToo.next()).isInstanceOf(WatchEvent.Canceled.class);
    assertThat(other.poll(Duration.ZERO)).map(WatchEvent::revision).contains(51L);
    assertThat(below.poll(Duration.ZERO)).map(WatchEvent::revision).contains(51L);
    assertThat(watches.activity().overflows()).isEqualTo(2);
  }

  @Test
  void whatOneBatchWritesOverItselfIsMissedByNobodyUnnoticed() {
    open(WatchLimits.DEFAULT.withHistory(4, 1 << 20));
    put("before anybody watches");
    Watch concerned = watch(WatchOptions.DEFAULT);
    Watch other = watches.watch(Watched.key(OTHER), WatchOptions.DEFAULT).join();
    execution.settle();
    TestBatch batch = new TestBatch(2);
    for (int i = 0; i < 20; i++) {
      batch.add(new Command.Put(i == 3 ? KEY : BELOW, KEY).encode());
    }
    batch.add(new Command.Put(OTHER, KEY).encode());
    store.apply(batch);
    execution.settle();

    assertThat(concerned.next())
        .isInstanceOfSatisfying(
            WatchEvent.Canceled.class,
            last -> {
              assertThat(last.reason()).isEqualTo(Reason.BUFFER_OVERFLOW);
              assertThat(last.revision()).isEqualTo(1);
            });
    assertThat(other.poll(Duration.ZERO)).map(WatchEvent::revision).contains(22L);
  }

  @Test
  void onceALossIsDealtWithItEndsNobodyElse() {
    open(WatchLimits.DEFAULT.withHistory(10, 1 << 20));
    Watch other = watches.watch(Watched.key(OTHER), WatchOptions.DEFAULT).join();
    execution.settle();
    for (int i = 0; i < 50; i++) {
      put("x");
    }
    execution.settle();
    Watch later = watch(WatchOptions.DEFAULT);
    execution.settle();
    for (int i = 0; i < 50; i++) {
      TestBatch.apply(store, new Command.Put(BELOW, KEY));
    }
    put("y");
    execution.settle();

    assertThat(later.poll(Duration.ZERO)).map(WatchEvent::revision).contains(101L);
    assertThat(other.poll(Duration.ZERO)).isEmpty();
  }

  @Test
  void whoEndsWhileABatchIsUnderWayIsRefusedNotForgotten() {
    open(WatchLimits.DEFAULT);
    watches.recorder().begin(1);
    CompletableFuture<Watch> waiting =
        watches.watch(Watched.key(KEY), WatchOptions.DEFAULT.withPreviousValues());
    assertThat(waiting).isNotDone();

    watches.close();

    assertThat(waiting).isCompletedExceptionally();
    assertThat(waiting.exceptionNow()).isInstanceOf(ClosedException.class);
    assertThat(watches.activity().watchers()).isZero();
  }

  @Test
  void aSubscriberGetsAsMuchAsHeAsksFor() {
    open(WatchLimits.DEFAULT);
    List<WatchEvent> told = new ArrayList<>();
    Flow.Subscription[] subscription = new Flow.Subscription[1];
    boolean[] complete = new boolean[1];
    Watch watch = watch(WatchOptions.DEFAULT);
    watch
        .publisher()
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                subscription[0] = given;
              }

              @Override
              public void onNext(WatchEvent event) {
                told.add(event);
              }

              @Override
              public void onError(Throwable misuse) {
                throw new AssertionError(misuse);
              }

              @Override
              public void onComplete() {
                complete[0] = true;
              }
            });
    for (int i = 0; i < 5; i++) {
      put("x");
    }
    execution.settle();
    assertThat(told).isEmpty();

    subscription[0].request(2);
    execution.settle();
    assertThat(told).hasSize(2);
    subscription[0].request(100);
    watches.close();
    execution.settle();

    assertThat(told).hasSize(6).last().isInstanceOf(WatchEvent.Canceled.class);
    assertThat(complete[0]).isTrue();
  }

  @Test
  void aListenerThatThrowsIsToldNoMore() {
    open(WatchLimits.DEFAULT);
    List<WatchEvent> told = new ArrayList<>();
    watch(WatchOptions.DEFAULT)
        .listen(
            event -> {
              told.add(event);
              throw new IllegalStateException("a listener's mistake");
            });
    put("x");
    put("y");
    execution.settle();

    assertThat(told).hasSize(1);
    assertThat(watches.activity().watchers()).isZero();
  }

  @Test
  void largeEventsFillABufferBeforeThereAreMany() {
    open(WatchLimits.DEFAULT.withBuffer(1000, 10_000));
    Watch watch = watch(WatchOptions.DEFAULT);
    execution.settle();
    for (int i = 0; i < 20; i++) {
      put("x".repeat(1000));
    }
    execution.settle();

    List<WatchEvent> told = new ArrayList<>();
    watch.iterator().forEachRemaining(told::add);
    assertThat(told).hasSize(10).last().isInstanceOf(WatchEvent.Canceled.class);
  }
}
