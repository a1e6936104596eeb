package dengine.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.examples.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the programs from beginning to end.
final class GrowingExampleTest {

  @TempDir Path folder;

  @Test
  void oneNodeBecomesThree() throws Exception {
    String printed = Programs.run(folder, GrowingExample.class.getName(), freePorts(3));

    // The whole of it: whatever an engine logged would stand in between.
    assertThat(printed)
        .matches(
            """
            node 1 at \\S+ votes
            node 2 at \\S+ votes
            node 3 at \\S+ votes
            hello from three
            """);
  }

  @Test
  void ofThreeNodesOneMayGo() throws Exception {
    String printed = Programs.run(folder, ThreeNodesExample.class.getName(), freePorts(3));

    assertThat(printed).matches("hello without node [123]\n");
  }

  private static List<String> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    }
    List<String> ports = new ArrayList<>();
    for (ServerSocket socket : sockets) {
      ports.add(Integer.toString(socket.getLocalPort()));
      socket.close();
    }
    return ports;
  }
}
