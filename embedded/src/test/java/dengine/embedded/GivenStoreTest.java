package dengine.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.kv.KvStore;
import dengine.kv.Limits;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenStoreTest {

  @TempDir Path directory;

  @Test
  void anEngineWorksOnTheStoreItIsGiven() {
    KvStore store = new KvStore();

    try (EmbeddedEngine engine =
        EmbeddedEngine.builder(EngineConfig.of(directory)).store(store).start()) {
      engine.waitReady(Duration.ofSeconds(20));
      engine.client().put("key", "value");

      assertThat(engine.store()).isSameAs(store);
      assertThat(store.value(Bytes.of("key"))).asString().isEqualTo("value");
    }
  }

  @Test
  void aStoreWithOtherLimitsThanConfiguredIsRefused() {
    Limits small = new Limits(10, 100, 1000, 10);

    assertThatThrownBy(
            () ->
                EmbeddedEngine.builder(EngineConfig.of(directory))
                    .store(new KvStore(small))
                    .start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxKeyBytes=10")
        .hasMessageContaining("maxKeyBytes=4096");
    // Nothing is left behind that another start would stumble over.
    EmbeddedEngine.start(directory).close();
  }
}
