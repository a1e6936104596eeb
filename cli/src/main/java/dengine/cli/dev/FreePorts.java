package dengine.cli.dev;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/// Ports of the loopback address that nobody listens at. Held until it is closed, all of them: the
/// second could be given the port of the first.
final class FreePorts implements AutoCloseable {

  private final List<ServerSocket> held = new ArrayList<>();

  /// Takes a port.
  ///
  /// @param wanted which; any if it is 0, or somebody has it
  int take(int wanted) throws IOException {
    ServerSocket socket;
    try {
      socket = listen(wanted);
    } catch (IOException taken) {
      socket = listen(0);
    }
    held.add(socket);
    return socket.getLocalPort();
  }

  private static ServerSocket listen(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }

  @Override
  public void close() throws IOException {
    for (ServerSocket socket : held) {
      socket.close();
    }
  }
}
