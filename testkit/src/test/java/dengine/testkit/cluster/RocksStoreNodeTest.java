package dengine.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.KeyValue;
import dengine.api.Scan;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.nio.file.Path;
import java.time.Duration;
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

  private EmbeddedEngine start() {
    EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(directory.resolve("node"))).store(open()).start();
    engine.waitReady(Duration.ofSeconds(30));
    return engine;
  }

  private RocksStore open() {
    return RocksStore.open(RocksOptions.of(directory.resolve("state")));
  }
}
