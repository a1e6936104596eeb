package dengine.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeCommandTest {

  @Test
  void aNodeGetsTheFlagsOfItsParentButNoDebugger() {
    List<String> own =
        List.of("-Xmx1g", "-agentlib:jdwp=address=5005", "-Dcom.sun.management.jmxremote.port=1");

    assertThat(NodeCommand.flags(own))
        .contains("-Xmx1g")
        .doesNotContainAnyElementsOf(own.subList(1, 3));
  }

  @Test
  void aNodeEndsWhenItIsOutOfMemoryHoweverItsParentWasStarted() {
    assertThat(NodeCommand.flags(List.of())).contains("-XX:+ExitOnOutOfMemoryError");
  }
}
