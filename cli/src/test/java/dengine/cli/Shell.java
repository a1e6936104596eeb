package dengine.cli;

import dengine.api.Admin;
import dengine.api.Client;
import dengine.api.Lifecycle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Runs commands in this process, against a store in memory, and keeps what they said.
final class Shell implements Connector {

  final MemoryStore store = new MemoryStore();
  final MemoryAdmin admin = new MemoryAdmin();
  final MemoryLifecycle lifecycle = new MemoryLifecycle();

  /// Addresses of the nodes that were followed.
  final List<String> followed = new ArrayList<>();

  final Map<String, String> environment =
      new HashMap<>(Map.of("XDG_STATE_HOME", "/nonexistent", "HOME", "/nonexistent"));
  final List<NodeReport> reports = new ArrayList<>();
  byte[] input = new byte[0];
  List<String> endpoints = List.of();
  Duration timeout = Duration.ZERO;
  boolean unary;
  Connector connector = this;
  String out = "";
  String err = "";

  int run(String... arguments) {
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    int code =
        Cli.run(
            new Surroundings(
                new ByteArrayInputStream(input),
                new PrintStream(stdout, true, StandardCharsets.UTF_8),
                new PrintStream(stderr, true, StandardCharsets.UTF_8),
                environment,
                connector),
            arguments);
    out = stdout.toString(StandardCharsets.UTF_8);
    err = stderr.toString(StandardCharsets.UTF_8);
    return code;
  }

  @Override
  public Client connect(List<String> where, Duration longest) {
    endpoints = where;
    timeout = longest;
    return store;
  }

  @Override
  public Client connectUnary(List<String> where, Duration longest) {
    unary = true;
    return connect(where, longest);
  }

  @Override
  public AdminConnection admin(List<String> where, Duration longest) {
    endpoints = where;
    timeout = longest;
    return new AdminConnection() {
      @Override
      public Admin admin() {
        return admin;
      }

      @Override
      public Client client() {
        return store;
      }

      @Override
      public Lifecycle lifecycle() {
        return lifecycle;
      }

      @Override
      public Lifecycle lifecycleAt(String address) {
        followed.add(address);
        return lifecycle;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public List<NodeReport> status(List<String> where, Duration longest) {
    endpoints = where;
    return reports;
  }

  /// Where nobody listens yet.
  static String freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
