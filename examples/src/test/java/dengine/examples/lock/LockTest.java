package dengine.examples.lock;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.embedded.EmbeddedEngine;
import dengine.examples.Programs;
import dengine.testkit.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One holder at a time, each with a higher token than the one before.
@Timeout(60)
final class LockTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Optional<EmbeddedEngine> started = Optional.empty();

  private EmbeddedEngine engine() {
    EmbeddedEngine engine = EmbeddedEngine.start(folder.resolve("data"));
    started = Optional.of(engine);
    engine.waitReady(LONG);
    return engine;
  }

  @AfterEach
  void stop() {
    started.ifPresent(EmbeddedEngine::close);
  }

  @Test
  void theProgramLetsOneWorkerWorkAtATime() throws Exception {
    List<String> lines =
        Programs.run(folder, LockExample.class.getName(), List.of())
            .lines()
            .filter(line -> line.startsWith("worker"))
            .toList();

    assertThat(lines).hasSize(6);
    for (int i = 0; i < 6; i += 2) {
      assertThat(lines.get(i)).startsWith(lines.get(i + 1).replace("ends", "begins"));
    }
    assertThat(tokens(lines)).isSorted().doesNotHaveDuplicates();
  }

  private static List<Long> tokens(List<String> lines) {
    Stream<String> begun = lines.stream().filter(line -> line.contains("token"));
    return begun.map(line -> Long.parseLong(line.replaceFirst(".*token ", ""))).toList();
  }

  @Test
  void whatOneHoldsNobodyElseGets() {
    EmbeddedEngine engine = engine();
    DistributedLock lock = new DistributedLock(engine.client(), "l", LONG);
    try (DistributedLock.Held held = lock.acquire(Duration.ZERO).orElseThrow()) {
      assertThat(lock.acquire(Duration.ofMillis(50))).isEmpty();
      assertThat(held.isLost()).isFalse();
    }
  }

  @Test
  void whoeverDiesIsSucceededAfterTheTimeToLive() {
    EmbeddedEngine engine = engine();
    Duration ttl = Duration.ofMillis(300);
    // A holder that never renews.
    long before =
        engine
            .client()
            .compareAndSwap(
                Bytes.of("/locks/l"), Optional.empty(), Bytes.of(UUID.randomUUID().toString()), ttl)
            .revision();

    DistributedLock lock = new DistributedLock(engine.client(), "l", ttl);
    try (DistributedLock.Held held = lock.acquire(LONG).orElseThrow()) {
      assertThat(held.token()).isGreaterThan(before);
    }
  }

  @Test
  void aHolderLearnsThatSomebodyElseHasIt() throws Exception {
    EmbeddedEngine engine = engine();
    DistributedLock lock = new DistributedLock(engine.client(), "l", Duration.ofMillis(300));
    try (DistributedLock.Held held = lock.acquire(LONG).orElseThrow()) {
      engine.client().put("/locks/l", "an operator's");

      Cluster.await("the holder to learn it", held::isLost);
    }
    assertThat(engine.client().get("/locks/l").orElseThrow().text()).isEqualTo("an operator's");
  }
}
