package dengine.examples;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.rocksdb.RocksOptions;
import dengine.rocksdb.RocksStore;
import java.nio.file.Path;
import java.time.Duration;

/// The engine with its data on disk instead of in memory.
final class RocksExample {

  private RocksExample() {}

  public static void main(String[] arguments) {
    EngineConfig config = EngineConfig.of(Path.of("data"));
    try (EmbeddedEngine engine = start(config)) {
      engine.waitReady(Duration.ofSeconds(5));
      long revision = engine.client().put("greeting", "hello");
      System.out.println("hello is on disk since revision " + revision);
    }
  }

  private static EmbeddedEngine start(EngineConfig config) {
    return EmbeddedEngine.builder(config)
        .store(RocksStore.open(RocksOptions.of(Path.of("state"))))
        .start();
  }
}
