package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.ReadPolicy;
import dengine.api.Swap;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Keys that go by themselves, with a whole engine.
@Timeout(60)
final class TimeToLiveTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Bytes KEY = Bytes.of("session");
  private static final Bytes VALUE = Bytes.of("mine");

  @TempDir Path dir;

  @Test
  void aKeyGoesAlthoughNobodyWritesAnyMoreAndNotBeforeItsTime() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      long start = System.nanoTime();
      engine.client().put(KEY, VALUE, Duration.ofMillis(300));
      assertThat(engine.client().get(KEY).map(KeyValue::value)).contains(VALUE);

      awaitGone(engine);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(298));
      assertThat(engine.client().compareAndSwap(KEY, Optional.empty(), VALUE))
          .extracting(Swap::succeeded)
          .isEqualTo(true);
    }
  }

  @Test
  void aRestartKeepsDeadlinesAndExpiresNothingEarly() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      engine.client().put(KEY, VALUE, Duration.ofHours(1));
      engine.client().put(Bytes.of("short"), VALUE, Duration.ofMillis(1));
    }

    try (EmbeddedEngine again = EmbeddedEngine.start(dir)) {
      again.waitReady(SOON);
      assertThat(again.client().get(KEY)).isPresent();
      again.client().put(KEY, VALUE, Duration.ofMillis(1));
      awaitGone(again);
      assertThat(again.client().get("short")).isEmpty();
    }
  }

  @Test
  void aLockIsHeldForAsLongAsItIsRenewed() throws Exception {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      Duration ttl = Duration.ofSeconds(30);
      assertThat(engine.client().compareAndSwap(KEY, Optional.empty(), VALUE, ttl).succeeded())
          .isTrue();
      assertThat(
              engine
                  .client()
                  .async()
                  .compareAndSwap(KEY, Optional.of(VALUE), VALUE, Duration.ofMillis(50))
                  .get()
                  .succeeded())
          .isTrue();

      awaitGone(engine);
    }
  }

  @Test
  void aTimeToLiveThatIsNoneIsRefusedAndNothingIsWritten() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      for (Duration wrong :
          new Duration[] {Duration.ZERO, Duration.ofMillis(-1), Duration.ofDays(40_000)}) {
        assertThatThrownBy(() -> engine.client().put(KEY, VALUE, wrong))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("ttl");
        assertThatThrownBy(() -> engine.client().async().put(KEY, VALUE, wrong).get())
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(InvalidRequestException.class);
      }
      assertThat(engine.client().get(KEY)).isEmpty();
    }
  }

  private static void awaitGone(EmbeddedEngine engine) {
    while (engine.client().get(KEY, ReadPolicy.LINEARIZABLE).isPresent()) {
      Thread.onSpinWait();
    }
  }
}
