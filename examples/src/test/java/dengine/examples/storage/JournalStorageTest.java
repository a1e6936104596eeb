package dengine.examples.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.KeyValue;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.HardState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The journal under an engine, and what the conformance suite cannot do to a real disk.
final class JournalStorageTest {

  @TempDir Path folder;

  @Test
  void anEngineRunsOnIt() {
    EngineConfig config = EngineConfig.of(folder.resolve("data")).withClusterId(5);
    for (String expected : List.of("nothing", "hello")) {
      Identity identity = new Identity(config.effectiveClusterId(), 1);
      try (EmbeddedEngine engine =
          EmbeddedEngine.builder(config)
              .storage(new JournalStorage(folder.resolve("journal"), identity))
              .start()) {
        engine.waitReady(Duration.ofSeconds(30));
        assertThat(engine.client().get("greeting").map(KeyValue::text).orElse("nothing"))
            .isEqualTo(expected);
        engine.client().put("greeting", "hello");
        var _ = engine.admin().createSnapshot();
      }
    }
  }

  @Test
  void aFailureIsFinal() throws Exception {
    try (JournalStorage storage = new JournalStorage(folder, new Identity(1, 1))) {
      storage.establish(new Identity(1, 1), 7);
      Persist vote = new Persist(1, Optional.of(new HardState(1, 1)), 0, List.of());
      Thread.currentThread().interrupt(); // closes the file

      assertThatThrownBy(() -> storage.append(List.of(vote)))
          .isInstanceOf(StorageException.IoFailure.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(storage::force).isInstanceOf(StorageException.IoFailure.class);
    }
  }
}
