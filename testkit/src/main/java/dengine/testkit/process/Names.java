package dengine.testkit.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Names of nodes, the same for everybody as a cluster's configuration wants it, and yet each
/// node's way to another one leads through a proxy of its own: every process looks names up in a
/// file of hosts of its own, which has another address of the loopback network for each pair.
/// Linux, where all of 127.0.0.0/8 is loopback.
final class Names {

  /// Largest number of a node: it is part of an address.
  static final int MAX_NODE = 250;

  private static final String PROPERTY = "jdk.net.hosts.file";

  private Names() {}

  /// The name of a node.
  static String of(int node) {
    return "node-" + node;
  }

  /// Where one node connects to reach another.
  static InetSocketAddress way(int from, int to, int port) {
    return at(from, to, port);
  }

  /// Where a node listens. Not 127.0.0.1, which the kernel takes for a connection's own end with
  /// any port: that could be in the way of a node that comes back.
  static InetSocketAddress home(int node, int port) {
    return at(node, node, port);
  }

  private static InetSocketAddress at(int from, int to, int port) {
    if (from > MAX_NODE || to > MAX_NODE) {
      throw new IllegalArgumentException(
          "nodes %d, %d; at most %d are possible".formatted(from, to, MAX_NODE));
    }
    byte[] address = {127, (byte) from, 1, (byte) to};
    try {
      return new InetSocketAddress(InetAddress.getByAddress(address), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  /// Writes down the ways from one node to all others, present and future.
  static void write(Path file, int from) throws IOException {
    Files.writeString(file, hosts(to -> way(from, to, 0)));
  }

  /// Lets this process find nodes by their names, directly. Before it has looked any name up.
  static void learn(Path file) throws IOException {
    System.setProperty(PROPERTY, file.toString()); // first: it is read with the first address
    Files.writeString(file, hosts(node -> home(node, 0)));
  }

  /// What makes a process look names up in that file.
  static String option(Path file) {
    return "-D" + PROPERTY + "=" + file;
  }

  private static String hosts(IntFunction<InetSocketAddress> address) {
    return IntStream.rangeClosed(1, MAX_NODE)
        .mapToObj(node -> address.apply(node).getAddress().getHostAddress() + " " + of(node) + "\n")
        .collect(Collectors.joining("", "127.0.0.1 localhost\n", ""));
  }
}
