package dengine.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.KeyValue;
import dengine.api.Scan;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.engine.Persistence;
import dengine.engine.spi.StorageException;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksStoreNodeTest {

  @TempDir Path directory;

  @Test
  void aNodeOnRocksDbGoesOnWhereItStopped() {
    long last = 0;
    try (EmbeddedEngine engine = start()) {
      for (int i = 0; i < 200; i++) {
        last = engine.client().put("key" + i % 50, "value" + i);
      }
    }
    try (RocksStore store = open()) {
      assertThat(store.appliedIndex()).isGreaterThanOrEqualTo(last);
    }

    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("key7").map(KeyValue::text)).contains("value157");
      assertThat(engine.client().get("key7").map(KeyValue::version)).contains(4L);
      assertThat(engine.client().scan(Scan.prefix("key")).entries()).hasSize(50);
      assertThat(engine.client().put("key7", "next")).isGreaterThan(last);
    }
  }

  /// As `MemFirst` and a power cut leave it: the store wrote its files after the log's last sync.
  @Test
  void aStateAheadOfItsLogIsBuiltAgainFromTheLog() throws IOException {
    aLifeWithItsStateThenTheLogIsPutBack(false);

    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("key").map(KeyValue::text)).contains("first");
      assertThat(engine.client().get("lost")).isEmpty();
      assertThat(engine.client().put("key", "next")).isPositive();
    }
    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("key").map(KeyValue::text)).contains("next");
    }
  }

  @Test
  void aStateAheadOfItsLogIsBuiltAgainFromTheSnapshotAndTheLog() throws IOException {
    aLifeWithItsStateThenTheLogIsPutBack(true);

    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("key").map(KeyValue::text)).contains("first");
      assertThat(engine.client().get("behind").map(KeyValue::text)).contains("snapshot");
      assertThat(engine.client().get("lost")).isEmpty();
    }
  }

  /// The log was put back, and has come beyond the state's index without it. Started twice, so that
  /// the term is another one for certain; mostly the entry's time alone would tell.
  @Test
  void aStateOfAnotherLifeOfTheNodeIsNotGoneOnFrom() throws IOException {
    aLifeWithItsStateThenTheLogIsPutBack(false);
    ready(EmbeddedEngine.builder(config())).close();
    try (EmbeddedEngine engine = ready(EmbeddedEngine.builder(config()))) {
      for (int i = 0; i < 100; i++) {
        engine.client().put("second", "life" + i);
      }
    }

    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("lost")).isEmpty();
      assertThat(engine.client().get("second").map(KeyValue::version)).contains(100L);
    }
  }

  @Test
  void withDiskFirstAStateAheadOfItsLogIsRefusedAndItsDirectoryNamed() throws IOException {
    aLifeWithItsStateThenTheLogIsPutBack(false);
    EngineConfig durable = config().withPersistence(new Persistence.DiskFirst());

    assertThatThrownBy(() -> EmbeddedEngine.builder(durable).store(open()).start())
        .isInstanceOf(StorageException.Inconsistent.class)
        .hasMessageContaining("state of the store in " + directory.resolve("state"));

    Files.move(directory.resolve("state"), directory.resolve("away"));
    try (EmbeddedEngine engine = ready(EmbeddedEngine.builder(durable).store(open()))) {
      assertThat(engine.client().get("key").map(KeyValue::text)).contains("first");
    }
  }

  @Test
  void aStateOfAnotherClusterIsNotGoneOnFrom() throws IOException {
    try (EmbeddedEngine engine = start()) {
      engine.client().put("foreign", "state");
    }
    Files.move(directory.resolve("node"), directory.resolve("elsewhere"));
    try (EmbeddedEngine engine = ready(EmbeddedEngine.builder(config()))) {
      for (int i = 0; i < 100; i++) {
        engine.client().put("own", "value");
      }
    }

    try (EmbeddedEngine engine = start()) {
      assertThat(engine.client().get("foreign")).isEmpty();
      assertThat(engine.client().get("own").map(KeyValue::version)).contains(100L);
    }
  }

  /// Leaves a state that has applied more than the log says.
  private void aLifeWithItsStateThenTheLogIsPutBack(boolean snapshot) throws IOException {
    try (EmbeddedEngine engine = start()) {
      engine.client().put("key", "first");
      if (snapshot) {
        engine.admin().createSnapshot();
      }
      engine.client().put("behind", "snapshot");
    }
    Path before = directory.resolve("before");
    copy(directory.resolve("node"), before);
    try (EmbeddedEngine engine = start()) {
      for (int i = 0; i < 20; i++) {
        engine.client().put("lost", "value" + i);
      }
    }
    Files.move(directory.resolve("node"), directory.resolve("after"));
    Files.move(before, directory.resolve("node"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private EmbeddedEngine start() {
    return ready(EmbeddedEngine.builder(config()).store(open()));
  }

  private EngineConfig config() {
    return EngineConfig.of(directory.resolve("node"))
        .withPersistence(new Persistence.MemFirst(Duration.ofMillis(10)));
  }

  private static EmbeddedEngine ready(EmbeddedEngine.Builder builder) {
    EmbeddedEngine engine = builder.start();
    engine.waitReady(Duration.ofSeconds(30));
    return engine;
  }

  private RocksStore open() {
    return RocksStore.open(RocksOptions.of(directory.resolve("state")));
  }
}
