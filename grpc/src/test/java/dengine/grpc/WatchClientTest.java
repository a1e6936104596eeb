package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.CompactedException;
import dengine.api.InvalidRequestException;
import dengine.api.Leader;
import dengine.api.RateLimitedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.client.GrpcClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A watch goes from one server to the other.
@Timeout(60)
final class WatchClientTest {

  private static final Bytes A = Bytes.of("/a");
  private static final Bytes B = Bytes.of("/b");
  private static final Bytes PREFIX = Bytes.of("/");
  private static final Bytes VALUE = Bytes.of("v");

  private Served one;
  private Served two;
  private GrpcClient client;

  @BeforeEach
  void connect() throws Exception {
    one = new Served(1, ServiceOptions.DEFAULT);
    two = new Served(2, ServiceOptions.DEFAULT);
    client =
        GrpcClient.builder(one.transport.address() + "," + two.transport.address())
            .deadline(Duration.ofSeconds(20))
            .connect();
  }

  @AfterEach
  void stop() {
    client.close();
    one.close();
    two.close();
  }

  /// Where the next watch has begun, wherever that is.
  private FakeStore.Watched begun() throws InterruptedException {
    for (int i = 0; ; i++) {
      FakeStore.Watched watched =
          (i % 2 == 0 ? one : two).store.watches.poll(20, TimeUnit.MILLISECONDS);
      if (watched != null) {
        return watched;
      }
    }
  }

  private static WatchEvent.Put put(long revision, Bytes key) {
    return new WatchEvent.Put(revision, key, VALUE, Optional.empty());
  }

  @Test
  void eventsArriveAsTheyWere() throws Exception {
    Watch watch = client.watch(A, WatchOptions.DEFAULT.from(5).withPreviousValues().bufferSize(77));
    FakeStore.Watched there = begun();
    WatchEvent[] events = {
      new WatchEvent.Put(5, A, VALUE, Optional.of(Bytes.EMPTY)),
      new WatchEvent.Delete(6, A, Optional.of(VALUE), true),
      new WatchEvent.Delete(7, A, Optional.empty(), false),
      new WatchEvent.Progress(8),
      new WatchEvent.Put(9, A, Bytes.EMPTY, Optional.empty()),
    };
    for (WatchEvent event : events) {
      there.events.offer(event);
    }

    assertThat(watch.revision()).isEqualTo(4);
    assertThat(there.options).isEqualTo(new WatchOptions(5, true, 77));
    assertThat(there.prefix).isFalse();
    for (WatchEvent event : events) {
      assertThat(watch.next()).isEqualTo(event);
    }
  }

  @Test
  void aWatchGoesOnElsewhereAndTellsNothingTwice() throws Exception {
    Watch watch = client.watchPrefix(PREFIX);
    FakeStore.Watched first = begun();
    first.events.offer(put(7, A));
    first.events.offer(new WatchEvent.Delete(8, A, Optional.empty(), true));
    for (int i = 0; i < 2; i++) {
      watch.next();
    }
    // Broken within a revision: the other server tells all of it, in another order.
    first.events.cancel(new WatchEvent.Canceled(8, Reason.STOPPED, 1, ""));

    FakeStore.Watched second = begun();
    assertThat(second.options.fromRevision()).isEqualTo(8);
    second.events.offer(new WatchEvent.Delete(8, B, Optional.empty(), true));
    second.events.offer(new WatchEvent.Delete(8, A, Optional.empty(), true));
    second.events.offer(put(8, A));
    second.events.offer(put(9, B));

    assertThat(watch.next()).isEqualTo(new WatchEvent.Delete(8, B, Optional.empty(), true));
    assertThat(watch.next()).isEqualTo(put(8, A));
    assertThat(watch.next()).isEqualTo(put(9, B));
  }

  @Test
  void progressMovesTheRevisionToGoOnFromAndNeverGoesBack() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched first = begun();
    first.events.offer(new WatchEvent.Progress(100));
    assertThat(watch.next()).isEqualTo(new WatchEvent.Progress(100));
    first.events.cancel(new WatchEvent.Canceled(100, Reason.STOPPED, 1, ""));

    FakeStore.Watched second = begun();
    assertThat(second.options.fromRevision()).isEqualTo(101);
    // This one is behind.
    second.events.offer(new WatchEvent.Progress(90));
    second.events.offer(put(101, A));
    assertThat(watch.next()).isEqualTo(put(101, A));
  }

  @Test
  void aWatchThatNoServerCanGoOnWithEndsAndSaysSo() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched first = begun();
    first.events.offer(put(7, A));
    assertThat(watch.next()).isEqualTo(put(7, A));
    for (Served served : new Served[] {one, two}) {
      served.store.failsAlways = true;
      served.store.failure = new CompactedException(7, 50);
    }
    first.events.cancel(new WatchEvent.Canceled(7, Reason.COMPACTED, 50, "a snapshot"));

    WatchEvent.Canceled last = (WatchEvent.Canceled) watch.next();
    assertThat(last.reason()).isEqualTo(Reason.COMPACTED);
    assertThat(last.revision()).isEqualTo(6);
    assertThat(last.oldest()).isEqualTo(50);
    assertThatThrownBy(watch::next).isInstanceOf(ClosedException.class);
  }

  @Test
  void aWatchThatOneServerCannotGoOnWithGoesOnAtTheOther() throws Exception {
    Watch watch = client.watch(A, WatchOptions.DEFAULT.from(3));
    FakeStore.Watched first = begun();
    Served gone = one.store.watches.isEmpty() && first.options.fromRevision() == 3 ? one : two;
    gone.store.failure = new CompactedException(3, 50);
    first.events.cancel(new WatchEvent.Canceled(2, Reason.COMPACTED, 50, "a snapshot"));

    FakeStore.Watched second = begun();
    assertThat(second.options.fromRevision()).isEqualTo(3);
    second.events.offer(put(4, A));
    assertThat(watch.next()).isEqualTo(put(4, A));
  }

  @Test
  void aRevisionThatNoServerHasIsRefused() {
    for (Served served : new Served[] {one, two}) {
      served.store.failsAlways = true;
      served.store.failure = new CompactedException(3, 50);
    }

    assertThatThrownBy(() -> client.watch(A, WatchOptions.DEFAULT.from(3)))
        .isInstanceOfSatisfying(
            CompactedException.class,
            refusal -> assertThat(refusal.oldestRevision()).isEqualTo(50));
  }

  @Test
  void aServerThatKnowsNoLeaderIsNotWatched() throws Exception {
    one.store.leader = Optional.empty();

    for (int i = 0; i < 4; i++) {
      client.watch(A).close();
    }

    assertThat(one.store.watches).isEmpty();
    assertThat(two.store.watches).hasSize(4);
  }

  /// The simulator found (seed 5013) that one with little time asked the same server for ever.
  @Test
  void whoHasTimeForOneServerOnlyBeginsWithTheOtherNext() {
    Duration little = Duration.ofMillis(500);
    for (Served silent : List.of(one, two)) {
      silent.store.keepsLeaderToItself = true;
      try {
        client.withDeadline(little).watch(A).close();
      } catch (ClusterUnavailableException first) {
        client.withDeadline(little).watch(A).close();
      }
      silent.store.keepsLeaderToItself = false;
    }
  }

  @Test
  void aServerThatKnowsNoLeaderAnyMoreIsLeft() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched first = begun();
    first.events.offer(put(7, A));
    assertThat(watch.next()).isEqualTo(put(7, A));
    Optional<Leader> leader = two.store.leader;
    for (Served served : new Served[] {one, two}) {
      served.store.leader = Optional.empty();
    }
    first.events.offer(new WatchEvent.Progress(8));
    assertThat(first.closed.get(20, TimeUnit.SECONDS)).isNull();

    two.store.leader = leader;
    FakeStore.Watched second = two.store.watches.poll(20, TimeUnit.SECONDS);

    assertThat(second).isNotNull();
    assertThat(second.options.fromRevision()).isEqualTo(7);
  }

  @Test
  void badInputIsRefusedAtOnce() {
    for (Served served : new Served[] {one, two}) {
      served.store.failsAlways = true;
      served.store.failure = new InvalidRequestException("prefix", "x", "what begins with /");
    }

    assertThatThrownBy(() -> client.watchPrefix("x"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("prefix = x");
  }

  @Test
  void whatTheApplicationDoesNotTakeIsAskedForAgainAndNothingIsLost() throws Exception {
    Watch watch = client.watch(A, WatchOptions.DEFAULT.bufferSize(4));
    FakeStore.Watched first = begun();
    for (int revision = 1; revision <= 6; revision++) {
      while (!first.events.offer(put(revision, A))) {
        // The stream takes it in a moment.
        Thread.onSpinWait();
      }
    }
    assertThat(first.closed.get(20, TimeUnit.SECONDS)).isNull();
    for (int revision = 1; revision <= 4; revision++) {
      assertThat(watch.next()).isEqualTo(put(revision, A));
    }

    FakeStore.Watched second = begun();
    assertThat(second.options.fromRevision()).isEqualTo(4);
    second.events.offer(put(4, A));
    second.events.offer(put(5, A));
    assertThat(watch.next()).isEqualTo(put(5, A));
  }

  @Test
  void aServerThatFindsTheClientTooSlowIsAskedAgainForWhatItHas() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched first = begun();
    first.events.offer(put(7, A));
    first.events.cancel(new WatchEvent.Canceled(7, Reason.BUFFER_OVERFLOW, 1, "too slow"));

    FakeStore.Watched second = begun();
    assertThat(second.options.fromRevision()).isEqualTo(7);
    second.events.offer(put(8, A));
    assertThat(watch.next()).isEqualTo(put(7, A));
    assertThat(watch.next()).isEqualTo(put(8, A));
  }

  @Test
  void moreWatchesThanOneConnectionCarriesAreBegun() throws Exception {
    int many = 2 * TransportOptions.of("", 7, 1).maxCallsPerConnection() + 100;
    List<CompletableFuture<Watch>> begun = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      begun.add(client.async().watch(A, WatchOptions.DEFAULT));
    }

    for (CompletableFuture<Watch> each : begun) {
      assertThat(each.get(20, TimeUnit.SECONDS).revision()).isNotNegative();
    }
  }

  @Test
  void aClosedWatchIsEndedOnTheServer() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched there = begun();

    watch.close();

    assertThat(there.closed.get(20, TimeUnit.SECONDS)).isNull();
  }

  @Test
  void aClosedClientEndsItsWatches() throws Exception {
    Watch watch = client.watch(A);
    FakeStore.Watched there = begun();

    client.close();

    assertThat(watch.next())
        .isInstanceOfSatisfying(
            WatchEvent.Canceled.class, last -> assertThat(last.reason()).isEqualTo(Reason.STOPPED));
    assertThat(there.closed.get(20, TimeUnit.SECONDS)).isNull();
    assertThatThrownBy(() -> client.watch(A)).isInstanceOf(ClosedException.class);
  }

  @Test
  void aListenerIsToldThatItsClientWasClosed() throws Exception {
    for (int i = 0; i < 20; i++) {
      BlockingQueue<WatchEvent> told = new LinkedBlockingQueue<>();
      try (GrpcClient another = GrpcClient.connect(one.transport.address())) {
        another.watch(A).listen(told::add);
      }

      assertThat(told.poll(5, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              WatchEvent.Canceled.class,
              last -> assertThat(last.reason()).isEqualTo(Reason.STOPPED));
    }
  }

  @Test
  void whatWasNotAskedForWhenItsClientWasClosedIsToldLater() throws Exception {
    BlockingQueue<WatchEvent> told = new LinkedBlockingQueue<>();
    CompletableFuture<Flow.Subscription> subscribed = new CompletableFuture<>();
    CompletableFuture<Boolean> complete = new CompletableFuture<>();
    client
        .watch(A)
        .publisher()
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                subscribed.complete(given);
              }

              @Override
              public void onNext(WatchEvent event) {
                told.add(event);
              }

              @Override
              public void onError(Throwable misuse) {
                complete.completeExceptionally(misuse);
              }

              @Override
              public void onComplete() {
                complete.complete(true);
              }
            });
    Flow.Subscription subscription = subscribed.get(20, TimeUnit.SECONDS);
    client.close();
    while (Thread.getAllStackTraces().keySet().stream().anyMatch(WatchClientTest::isClients)) {
      Thread.onSpinWait();
    }
    subscription.request(10);

    assertThat(told.poll(5, TimeUnit.SECONDS)).isInstanceOf(WatchEvent.Canceled.class);
    assertThat(complete.get(5, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean isClients(Thread thread) {
    return thread.getName().startsWith("dengine-client");
  }

  @Test
  void whoIsRefusedIsToldWhichBoundWasReached() {
    for (Served served : new Served[] {one, two}) {
      served.store.failsAlways = true;
      served.store.failure =
          new RateLimitedException("max_watcher_count = 2", Duration.ofSeconds(1));
    }

    assertThatThrownBy(() -> client.withDeadline(Duration.ofMillis(500)).watch(A))
        .isInstanceOf(RateLimitedException.class)
        .hasMessage("max_watcher_count = 2; try again in 1000 ms");
  }

  @Test
  void aWatchThatNobodyBeginsInTimeIsGivenUp() {
    one.close();
    two.close();

    assertThatThrownBy(() -> client.withDeadline(Duration.ofMillis(300)).watch(A))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("within 300 ms");
  }
}
