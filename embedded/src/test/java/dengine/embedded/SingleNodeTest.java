package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.InvalidRequestException;
import dengine.api.KeyValue;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.engine.spi.StorageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SingleNodeTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path dir;

  @Test
  void whatWasWrittenIsReadByEveryPolicy() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      long revision = engine.client().put("greeting", "hello");

      for (ReadPolicy policy : ReadPolicy.values()) {
        Optional<KeyValue> read = engine.client().get(Bytes.of("greeting"), policy);
        assertThat(read.map(KeyValue::text)).as("%s", policy).contains("hello");
        assertThat(read.orElseThrow().modRevision()).isEqualTo(revision);
      }
    }
  }

  @Test
  void aRestartKeepsEveryAcknowledgedWriteAndItsRevision() {
    long revision;
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      for (int i = 0; i < 200; i++) {
        engine.client().put("key" + i, "value" + i);
      }
      revision = engine.client().delete("key7");
    }

    try (EmbeddedEngine again = EmbeddedEngine.start(dir)) {
      again.waitReady(SOON);
      assertThat(again.client().get("key7")).isEmpty();
      assertThat(again.client().get("key8").map(KeyValue::text)).contains("value8");
      assertThat(again.client().scan(Scan.prefix("key")).entries()).hasSize(199);
      assertThat(again.client().put("after", "restart")).isGreaterThan(revision);
    }
  }

  @Test
  void nodesThatAreAloneAreNeverOfOneClusterAndEachStaysInItsOwn() {
    EngineConfig first = EngineConfig.of(dir.resolve("first"));
    EngineConfig second = EngineConfig.of(dir.resolve("second"));
    long cluster;
    try (EmbeddedEngine one = EmbeddedEngine.start(first);
        EmbeddedEngine other = EmbeddedEngine.start(second)) {
      cluster = one.config().effectiveClusterId();
      assertThat(other.config().effectiveClusterId()).isNotEqualTo(cluster);
      assertThat(one.node().identity().clusterId()).isEqualTo(cluster).isNotZero();
    }

    try (EmbeddedEngine again = EmbeddedEngine.start(first)) {
      assertThat(again.config().effectiveClusterId()).isEqualTo(cluster);
    }
    assertThatThrownBy(first::effectiveClusterId)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("EmbeddedEngine.located");
    assertThatThrownBy(() -> EmbeddedEngine.start(first.withClusterId(cluster + 1)))
        .isInstanceOf(StorageException.ForeignIdentity.class);
  }

  @Test
  void dataOfAnotherNodeIsRefusedAndNamed() {
    EmbeddedEngine.start(EngineConfig.of(dir)).close();
    EngineConfig other = EngineConfig.of(2, List.of(MemberAddress.voter(2, "")), dir);

    assertThatThrownBy(() -> EmbeddedEngine.start(other))
        .isInstanceOf(StorageException.ForeignIdentity.class)
        .hasMessageContaining("node 1 of cluster ")
        .hasMessageContaining("node 2 of cluster ");
  }

  @Test
  void compareAndSwapTellsAbsentFromEmpty() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      Bytes key = Bytes.of("lock");

      Swap created = engine.client().compareAndSwap(key, Optional.empty(), Bytes.EMPTY);
      Swap again = engine.client().compareAndSwap(key, Optional.empty(), Bytes.of("me"));
      Swap taken = engine.client().compareAndSwap(key, Optional.of(Bytes.EMPTY), Bytes.of("me"));

      assertThat(created.succeeded()).isTrue();
      assertThat(again.succeeded()).isFalse();
      assertThat(taken.succeeded()).isTrue();
      assertThat(List.of(created.revision(), again.revision(), taken.revision())).isSorted();
    }
  }

  @Test
  void manyKeysAreReadAtOneRevision() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      engine.client().put("a", "1");
      long last = engine.client().put("b", "2");

      Values values =
          engine.client().getMany(List.of(Bytes.of("b"), Bytes.of("none"), Bytes.of("a")));

      assertThat(values.revision()).isEqualTo(last);
      assertThat(values.values())
          .extracting(value -> value.map(KeyValue::text).orElse("-"))
          .containsExactly("2", "-", "1");
    }
  }

  @Test
  void theAsyncTwinDoesTheSame() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      List<CompletableFuture<Long>> writes =
          java.util.stream.IntStream.range(0, 1000)
              .mapToObj(i -> engine.client().async().put("key" + i, "value" + i))
              .toList();
      writes.forEach(CompletableFuture::join);

      var read = engine.client().async().get(Bytes.of("key999")).join();

      assertThat(read.map(KeyValue::text)).contains("value999");
      assertThat(writes).extracting(CompletableFuture::join).doesNotHaveDuplicates();
    }
  }

  @Test
  void badInputIsRefusedBeforeItReachesTheLog() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      long before = engine.status().lastIndex();

      assertThatThrownBy(() -> engine.client().put("", "x"))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("key");
      assertThatThrownBy(
              () -> engine.client().put(Bytes.of("k"), Bytes.wrap(new byte[(1 << 20) + 1])))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("1048577");

      assertThat(engine.status().lastIndex()).isEqualTo(before);
    }
  }

  @Test
  void aSecondEngineOnTheSameDirectoryIsRefused() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(dir)) {
      engine.waitReady(SOON);
      assertThatThrownBy(() -> EmbeddedEngine.start(dir))
          .isInstanceOf(StorageException.Locked.class)
          .hasMessageContaining("in use");
      engine.client().put("still", "works");
    }
  }

  @Test
  void callsAfterCloseFailAtOnce() {
    EmbeddedEngine engine = EmbeddedEngine.start(dir);
    engine.waitReady(SOON);
    engine.close();

    assertThatThrownBy(() -> engine.client().put("a", "b")).isInstanceOf(ClosedException.class);
    assertThat(engine.terminated()).isCompletedWithValue(null);
  }
}
