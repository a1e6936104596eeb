package dengine.examples.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.embedded.EmbeddedEngine;
import dengine.examples.Programs;
import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import dengine.testkit.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who comes is found and who goes is not, whether the engine is in the process or a server.
@Timeout(120)
final class DiscoveryTest {

  private static final String[] TOLD = {
    "shop is at [10.0.0.1:80, 10.0.0.2:80]", "shop is at [10.0.0.1:80]"
  };

  @TempDir Path folder;

  @Test
  void theProgramRunsWithAnEngineOfItsOwn() throws Exception {
    String printed = Programs.run(folder, DiscoveryExample.class.getName(), List.of());

    assertThat(printed.lines().filter(line -> line.startsWith("shop"))).containsExactly(TOLD);
  }

  @Test
  void theProgramRunsAgainstAServer() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.resolve("server").toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      server.engine().waitReady(Duration.ofSeconds(30));

      String printed =
          Programs.run(folder, DiscoveryExample.class.getName(), List.of(server.address()));

      assertThat(printed.lines().filter(line -> line.startsWith("shop"))).containsExactly(TOLD);
    }
  }

  @Test
  void whoeverWasThereBeforeIsFound() {
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder.resolve("data"))) {
      engine.waitReady(Duration.ofSeconds(30));
      for (int i = 0; i < 300; i++) {
        engine.client().put("/services/shop/" + i, "10.0.1." + i);
      }
      engine.client().put("/services/shopping/1", "another service");
      try (Directory directory = new Directory(engine.client(), "shop")) {
        Cluster.await("all to be found", () -> directory.addresses().size() >= 300);
        assertThat(directory.addresses()).hasSize(300).doesNotContain("another service");
      }
    }
  }
}
