package dengine.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.testkit.simulation.ClusterSimulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the page about simulation shows.
final class CounterSimulationTest {

  private static final Logger ENGINE = Logger.getLogger("dengine");

  /// Nodes that are killed all the time have a lot to say.
  @BeforeEach
  void hush() {
    ENGINE.setLevel(Level.OFF);
  }

  @AfterEach
  void speak() {
    ENGINE.setLevel(null);
  }

  @Test
  void counterStaysRightUnderEveryFault() {
    var report =
        ClusterSimulation.of(Counter::new)
            .commands(random -> Counter.add(random.nextInt(10)))
            .reads(Counter::total)
            .digest(Counter::total)
            .run(50);

    assertThat(report.elections()).isGreaterThan(100);
  }

  @Test
  void pageShowsExactlyThisCode() throws IOException {
    String page = Files.readString(Path.of("../docs/simulation.md"));
    String code =
        flat(
            Files.readString(Path.of("src/main/java/dengine/examples/Counter.java"))
                + Files.readString(
                    Path.of("src/test/java/dengine/examples/CounterSimulationTest.java")));
    List<String> blocks =
        Pattern.compile("(?s)```java\n(.*?)```")
            .matcher(page)
            .results()
            .map(block -> block.group(1))
            .toList();

    assertThat(blocks).hasSize(2).allSatisfy(block -> assertThat(code).contains(flat(block)));
  }

  private static String flat(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
