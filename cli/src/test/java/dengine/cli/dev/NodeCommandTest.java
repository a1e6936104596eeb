package dengine.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
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
  void whatWouldMakeAllNodesTheSameIsNotShared() {
    Map<String, String> environment =
        Map.of(
            "DENGINE__CLUSTER__NODE_ID", "1",
            "RAFT__CLUSTER__NODE_ID", "1",
            "DENGINE__MONITORING__HTTP_ADDRESS", "127.0.0.1:1",
            "RAFT__MONITORING__HTTP_ADDRESS", "127.0.0.1:1",
            "DENGINE__RAFT__PERSISTENCE__STRATEGY", "MemFirst");

    assertThat(NodeCommand.shared(environment))
        .containsOnlyKeys("DENGINE__RAFT__PERSISTENCE__STRATEGY");
  }

  @Test
  void aNodeEndsWhenItIsOutOfMemoryHoweverItsParentWasStarted() {
    assertThat(NodeCommand.flags(List.of())).contains("-XX:+ExitOnOutOfMemoryError");
  }
}
