package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.CompactedException;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.RateLimitedException;
import dengine.api.Scan;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.kv.watch.WatchLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Watching keys, with a whole engine.
@Timeout(60)
final class WatchTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Bytes A = Bytes.of("/a/1");
  private static final Bytes B = Bytes.of("/b/1");
  private static final Bytes ONE = Bytes.of("1");
  private static final Bytes TWO = Bytes.of("2");

  @TempDir Path dir;

  private EmbeddedEngine start() {
    return start(WatchLimits.DEFAULT);
  }

  private EmbeddedEngine start(WatchLimits limits) {
    EmbeddedEngine engine = EmbeddedEngine.start(EngineConfig.of(dir).withWatch(limits));
    engine.waitReady(SOON);
    return engine;
  }

  @Test
  void aWatchIsToldOfItsKeyAndNoOther() {
    try (EmbeddedEngine engine = start()) {
      Watch watch = engine.client().watch(A);
      engine.client().put(B, ONE);
      long put = engine.client().put(A, ONE);
      long deleted = engine.client().delete(A);

      assertThat(watch.next()).isEqualTo(put(put, A, ONE));
      assertThat(watch.next())
          .isEqualTo(new WatchEvent.Delete(deleted, A, Optional.empty(), false));
      assertThat(watch.poll(Duration.ZERO)).isEmpty();
    }
  }

  @Test
  void aPrefixEndsAtASlash() {
    try (EmbeddedEngine engine = start()) {
      Watch watch = engine.client().watchPrefix("/services/payment/");
      Watch all = engine.client().watchPrefix("/");
      List<String> keys =
          List.of(
              "/services/payment",
              "/services/",
              "/services/paymentextra/node",
              "services/payment/node",
              "/services/payment/",
              "/services/payment/node1",
              "/services/payment/node1/sub");
      keys.forEach(key -> engine.client().put(key, "x"));

      assertThat(keys(watch, 3)).isEqualTo(keys.subList(4, 7));
      assertThat(watch.poll(Duration.ZERO)).isEmpty();
      assertThat(keys(all, 6)).doesNotContain("services/payment/node");
    }
  }

  @Test
  void aPrefixThatDoesNotBeginAndEndWithASlashIsRefused() {
    try (EmbeddedEngine engine = start()) {
      for (String wrong : List.of("", "services/", "/services", "x")) {
        assertThatThrownBy(() -> engine.client().watchPrefix(wrong))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("begins and ends with /");
      }
      assertThatThrownBy(() -> engine.client().watch(Bytes.EMPTY))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("key bytes = 0");
      assertThatThrownBy(() -> engine.client().watchPrefix("/" + "x".repeat(5000) + "/"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("prefix bytes = 5002");
    }
  }

  @Test
  void whatChangesNothingIsNoEvent() {
    try (EmbeddedEngine engine = start()) {
      Watch watch = engine.client().watchPrefix("/");
      engine.client().delete(A);
      engine.client().compareAndSwap(A, Optional.of(ONE), TWO);
      long swapped = engine.client().compareAndSwap(A, Optional.empty(), TWO).revision();

      assertThat(watch.next()).isEqualTo(put(swapped, A, TWO));
    }
  }

  @Test
  void previousValuesAreToldToThoseWhoAskAndToNobodyElse() {
    try (EmbeddedEngine engine = start()) {
      engine.client().put(A, ONE);
      Watch plain = engine.client().watch(A);
      Watch full = engine.client().watch(A, WatchOptions.DEFAULT.withPreviousValues());
      long put = engine.client().put(A, TWO);
      long deleted = engine.client().delete(A);
      long again = engine.client().put(A, ONE);

      assertThat(full.next()).isEqualTo(new WatchEvent.Put(put, A, TWO, Optional.of(ONE)));
      assertThat(full.next()).isEqualTo(new WatchEvent.Delete(deleted, A, Optional.of(TWO), false));
      assertThat(full.next()).isEqualTo(put(again, A, ONE));
      assertThat(plain.next()).isEqualTo(put(put, A, TWO));
    }
  }

  @Test
  void aKeyWhoseTimeIsOverIsRemovedByIt() {
    try (EmbeddedEngine engine = start()) {
      Watch watch = engine.client().watch(A, WatchOptions.DEFAULT.withPreviousValues());
      engine.client().put(A, ONE, Duration.ofMillis(50));

      assertThat(watch.next()).isInstanceOf(WatchEvent.Put.class);
      assertThat(watch.next())
          .isInstanceOfSatisfying(
              WatchEvent.Delete.class,
              gone -> {
                assertThat(gone.expired()).isTrue();
                assertThat(gone.previous()).contains(ONE);
              });
    }
  }

  @Test
  void aScanAndTheEventsAfterItsRevisionAreTogetherEverything() throws Exception {
    try (EmbeddedEngine engine = start()) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 3000; i++) {
                      engine.client().put("/a/" + i % 50, Integer.toString(i));
                    }
                    engine.client().put("/a/end", "");
                  });
      Map<Bytes, Bytes> known = new TreeMap<>();

      Watch watch = engine.client().watchPrefix("/a/", WatchOptions.DEFAULT.bufferSize(0));
      Page now = engine.client().scan(Scan.prefix("/a/"));
      now.entries().forEach(entry -> known.put(entry.key(), entry.value()));
      for (WatchEvent event : watch) {
        if (event instanceof WatchEvent.Put put && put.revision() > now.revision()) {
          known.put(put.key(), put.value());
        }
        assertThat(event).isNotInstanceOf(WatchEvent.Canceled.class);
        if (known.containsKey(Bytes.of("/a/end"))) {
          break;
        }
      }
      writer.join();

      Map<Bytes, Bytes> there = new TreeMap<>();
      engine.client().scan(Scan.prefix("/a/")).entries().stream()
          .forEach((KeyValue entry) -> there.put(entry.key(), entry.value()));
      assertThat(known).isEqualTo(there);
    }
  }

  @Test
  void aWatchStartsInThePastThatIsStillKnown() {
    try (EmbeddedEngine engine = start(WatchLimits.DEFAULT.withHistory(3, 1 << 20))) {
      long first = engine.client().put(A, ONE);
      long second = engine.client().put(A, TWO);
      engine.client().put(B, ONE);
      engine.client().put(B, TWO);

      Watch watch = engine.client().watch(A, WatchOptions.DEFAULT.from(second));
      assertThat(watch.revision()).isEqualTo(second - 1);
      assertThat(watch.next()).isEqualTo(put(second, A, TWO));
      assertThatThrownBy(() -> engine.client().watch(A, WatchOptions.DEFAULT.from(first)))
          .isInstanceOfSatisfying(
              CompactedException.class,
              gone -> assertThat(gone.oldestRevision()).isEqualTo(second));
      assertThatThrownBy(
              () ->
                  engine.client().watch(A, WatchOptions.DEFAULT.from(second).withPreviousValues()))
          .isInstanceOf(CompactedException.class);
    }
  }

  @Test
  void aRestartedNodeTellsWhatItsLogTellsAndRefusesWhatItsSnapshotHides() {
    long first;
    long second;
    try (EmbeddedEngine engine = start()) {
      first = engine.client().put(A, ONE);
      engine.admin().withDeadline(SOON).createSnapshot();
      second = engine.client().put(A, TWO);
    }

    try (EmbeddedEngine again = start()) {
      Watch watch = again.client().watch(A, WatchOptions.DEFAULT.from(second));
      assertThat(watch.next()).isEqualTo(put(second, A, TWO));
      assertThatThrownBy(() -> again.client().watch(A, WatchOptions.DEFAULT.from(first)))
          .isInstanceOf(CompactedException.class);
    }
  }

  @Test
  void whoIsTooSlowIsToldSoAndCanGoOnFromThere() {
    try (EmbeddedEngine engine = start()) {
      Watch slow = engine.client().watch(A, WatchOptions.DEFAULT.bufferSize(3));
      List<WatchEvent> written = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Bytes value = Bytes.of(Integer.toString(i));
        written.add(put(engine.client().put(A, value), A, value));
      }
      List<WatchEvent> told = new ArrayList<>();
      slow.iterator().forEachRemaining(told::add);

      assertThat(told.subList(0, 3)).isEqualTo(written.subList(0, 3));
      WatchEvent.Canceled last = (WatchEvent.Canceled) told.getLast();
      assertThat(told).hasSize(4);
      assertThat(last.reason()).isEqualTo(Reason.BUFFER_OVERFLOW);
      assertThat(last.revision()).isGreaterThanOrEqualTo(written.get(2).revision());
      assertThat(last.revision()).isLessThan(written.get(3).revision());
      Watch next = engine.client().watch(A, WatchOptions.DEFAULT.from(last.revision() + 1));
      for (WatchEvent event : written.subList(3, 10)) {
        assertThat(next.next()).isEqualTo(event);
      }
      assertThat(engine.watchActivity().overflows()).isEqualTo(1);
      assertThatThrownBy(slow::next).isInstanceOf(ClosedException.class);
    }
  }

  @Test
  void whoIsTooSlowCanGoOnWithPreviousValuesThoughNobodyElseWantsThem() {
    try (EmbeddedEngine engine = start()) {
      WatchOptions options = WatchOptions.DEFAULT.withPreviousValues();
      Watch slow = engine.client().watch(A, options.bufferSize(3));
      for (int i = 0; i < 10; i++) {
        engine.client().put(A, Bytes.of(Integer.toString(i)));
      }
      List<WatchEvent> told = new ArrayList<>();
      slow.iterator().forEachRemaining(told::add);
      assertThat(told.getLast()).isInstanceOf(WatchEvent.Canceled.class);

      Watch next = engine.client().watch(A, options.from(told.getLast().revision() + 1));
      for (int i = 3; i < 10; i++) {
        WatchEvent.Put event = (WatchEvent.Put) next.next();
        assertThat(event.value()).isEqualTo(Bytes.of(Integer.toString(i)));
        assertThat(event.previous()).contains(Bytes.of(Integer.toString(i - 1)));
      }
    }
  }

  @Test
  void noMoreWatchesThanConfiguredAndAClosedOneMakesRoom() {
    try (EmbeddedEngine engine = start(WatchLimits.DEFAULT.withMaxWatchers(2))) {
      Watch first = engine.client().watch(A);
      var _ = engine.client().watchPrefix("/b/");
      assertThatThrownBy(() -> engine.client().watch(B))
          .isInstanceOf(RateLimitedException.class)
          .hasMessageContaining("max_watcher_count = 2");

      first.close();

      assertThat(engine.client().watch(B)).isNotNull();
      assertThatThrownBy(first::next).isInstanceOf(ClosedException.class);
      assertThat(engine.watchActivity().watchers()).isEqualTo(2);
    }
  }

  @Test
  void theLastEventSaysThatTheEngineStopped() {
    EmbeddedEngine engine = start();
    Watch watch = engine.client().watch(A);
    Watch untouched = engine.client().watch(B);
    long put = engine.client().put(A, ONE);
    engine.close();

    assertThat(watch.next()).isEqualTo(put(put, A, ONE));
    assertThat(watch.next())
        .isInstanceOfSatisfying(
            WatchEvent.Canceled.class,
            last -> {
              assertThat(last.reason()).isEqualTo(Reason.STOPPED);
              assertThat(last.revision()).isGreaterThanOrEqualTo(put);
            });
    assertThat(untouched.iterator().next()).isInstanceOf(WatchEvent.Canceled.class);
    assertThatThrownBy(() -> engine.client().watch(A)).isInstanceOf(ClosedException.class);
  }

  @Test
  void aClosedEngineLeavesNoThreadBehind() {
    for (int i = 0; i < 20; i++) {
      EmbeddedEngine engine = start();
      Watch watch = engine.client().watch(A);
      engine.close();

      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .doesNotContain("dengine-1-watch");
      assertThat(watch.poll(Duration.ZERO)).containsInstanceOf(WatchEvent.Canceled.class);
    }
  }

  @Test
  void progressTellsARevisionThatLives() {
    try (EmbeddedEngine engine =
        start(WatchLimits.DEFAULT.withProgressInterval(Duration.ofMillis(20)))) {
      Watch watch = engine.client().watch(A);
      long other = engine.client().put(B, ONE);

      WatchEvent event = watch.next();
      while (event.revision() < other) {
        assertThat(event).isInstanceOf(WatchEvent.Progress.class);
        event = watch.next();
      }
      assertThat(event).isInstanceOf(WatchEvent.Progress.class);
    }
  }

  @Test
  void aListenerIsToldEverythingAndTheEnd() throws Exception {
    BlockingQueue<WatchEvent> told = new LinkedBlockingQueue<>();
    EmbeddedEngine engine = start();
    Watch watch = engine.client().async().watch(A, WatchOptions.DEFAULT).get();
    watch.listen(told::add);
    assertThatThrownBy(watch::next).isInstanceOf(IllegalStateException.class);
    long put = engine.client().put(A, ONE);

    assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo(put(put, A, ONE));
    engine.close();
    assertThat(told.poll(20, TimeUnit.SECONDS)).isInstanceOf(WatchEvent.Canceled.class);
  }

  private static WatchEvent.Put put(long revision, Bytes key, Bytes value) {
    return new WatchEvent.Put(revision, key, value, Optional.empty());
  }

  private static List<String> keys(Watch watch, int count) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add(((WatchEvent.Change) watch.next()).key().text());
    }
    return keys;
  }
}
