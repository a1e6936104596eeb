package dengine.testkit.process;

import dengine.testkit.network.Links;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/// Server processes on free ports of the loopback address, each reaching the others through proxies
/// of its own.
///
/// Data, configuration and logs of node N are `node-N/`, `node-N.toml` and `node-N.log` in one
/// directory, which stays when the cluster is closed. Whatever happens, no process outlives this
/// JVM, except by `kill -9` of it.
public final class ProcessCluster implements AutoCloseable {

  private static final long CLUSTER_ID = 771_177;
  private static final Duration FREEZE_PATIENCE = Duration.ofSeconds(20);

  private final Map<Integer, ServerProcess> servers = new LinkedHashMap<>();
  private final Queue<String> deaths = new ConcurrentLinkedQueue<>();
  private final Path directory;
  private final Links links;
  private final Thread cleanup = new Thread(this::killAll, "end-servers");

  /// What to start and how.
  ///
  /// @param launcher the script that starts a server
  /// @param size how many nodes
  /// @param directory for data, configuration and logs
  /// @param settings lines of TOML for every node, besides the table `[cluster]`
  /// @param jvmOptions for every server's virtual machine
  public record Setup(
      Path launcher, int size, Path directory, String settings, String jvmOptions) {}

  private ProcessCluster(Setup setup) throws IOException {
    Map<Integer, InetSocketAddress> addresses = freeAddresses(setup.size());
    directory = setup.directory();
    links = Links.between(addresses);
    for (Map.Entry<Integer, InetSocketAddress> node : addresses.entrySet()) {
      int id = node.getKey();
      Path config = setup.directory().resolve("node-" + id + ".toml");
      Files.writeString(config, configuration(setup, id, node.getValue(), addresses.keySet()));
      servers.put(id, server(setup, id, node.getValue(), config));
    }
  }

  /// Writes the configuration and starts all nodes; does not wait for them to serve.
  public static ProcessCluster start(Setup setup) throws IOException {
    Files.createDirectories(setup.directory());
    ProcessCluster cluster = new ProcessCluster(setup);
    Runtime.getRuntime().addShutdownHook(cluster.cleanup);
    cluster.nodes().forEach(cluster::start);
    return cluster;
  }

  private static ServerProcess server(Setup setup, int id, InetSocketAddress address, Path config) {
    return new ServerProcess(
        id,
        address,
        List.of(setup.launcher().toString(), "server", "--config", config.toString()),
        Map.of("DENGINE_OPTS", setup.jvmOptions()),
        setup.directory().resolve("node-" + id + ".log"));
  }

  private String configuration(Setup setup, int id, InetSocketAddress own, Set<Integer> all) {
    List<String> members = new ArrayList<>();
    for (int other : all) {
      // A node knows itself by the address it listens on, the others by the way that leads to them.
      String address = other == id ? text(own) : links.address(id, other);
      members.add("{ id = %d, address = \"%s\", role = 1, status = 3 }".formatted(other, address));
    }
    return """
    [cluster]
    node_id = %d
    cluster_id = %d
    listen_address = "%s"
    db_root_dir = "%s"
    initial_cluster = [%s]

    %s
    """
        .formatted(
            id,
            CLUSTER_ID,
            text(own),
            setup.directory().resolve("node-" + id),
            String.join(", ", members),
            setup.settings());
  }

  /// Ports that were free a moment ago. All are held until all are chosen, so they differ.
  private static Map<Integer, InetSocketAddress> freeAddresses(int count) throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    List<ServerSocket> held = new ArrayList<>();
    Map<Integer, InetSocketAddress> addresses = new LinkedHashMap<>();
    try {
      for (int id = 1; id <= count; id++) {
        ServerSocket socket = new ServerSocket(0, 1, loopback);
        held.add(socket);
        addresses.put(id, new InetSocketAddress(loopback, socket.getLocalPort()));
      }
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
    return addresses;
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /// The numbers of all nodes, from 1.
  public List<Integer> nodes() {
    return List.copyOf(servers.keySet());
  }

  /// Where clients reach a node directly, `host:port`.
  public String endpoint(int node) {
    return text(server(node).address());
  }

  /// Where clients reach the nodes directly.
  public List<String> endpoints() {
    return nodes().stream().map(this::endpoint).toList();
  }

  /// What lies between the nodes.
  public Links links() {
    return links;
  }

  /// Starts a node unless it runs.
  public void start(int node) {
    noteDeath(node);
    server(node).start();
  }

  /// The nodes that ended although nobody ended them, with their exit codes; their logs say more.
  public List<String> deaths() {
    servers.forEach((node, server) -> noteDeath(node));
    return List.copyOf(deaths);
  }

  private void noteDeath(int node) {
    OptionalInt code = server(node).diedWith();
    if (code.isPresent()) {
      deaths.add("node " + node + " ended by itself with exit code " + code.getAsInt());
    }
  }

  /// Ends a node as `kill -9` does; whether it was running.
  public boolean kill(int node) {
    return server(node).kill();
  }

  /// Stops a node gracefully; its exit code.
  public int stop(int node) {
    return server(node).stop();
  }

  /// Freezes a node with SIGSTOP.
  public void pause(int node) {
    server(node).pause();
  }

  /// Lets a frozen node go on with SIGCONT.
  public void resume(int node) {
    server(node).resume();
  }

  /// From now on, until it is started again, a node's writes to files beyond this many bytes fail.
  public void failWritesBeyond(int node, long bytes) {
    server(node).failWritesBeyond(bytes);
  }

  /// Has the kernel change system calls of a running node, with `strace`; which calls were made
  /// goes to `node-N.strace` beside the node's log.
  public Injection inject(int node, SyscallFault fault) throws IOException {
    return server(node).inject(fault, directory.resolve("node-" + node + ".strace"));
  }

  /// Freezes all nodes at the same moment, and waits until none does anything any more.
  public void freeze() throws IOException, InterruptedException {
    // One program for all: between two of them the nodes still running would write back what the
    // others have seen.
    List<String> words = new ArrayList<>(List.of("kill", "-STOP"));
    servers.values().forEach(server -> words.add(Long.toString(server.pid())));
    int code = new ProcessBuilder(words).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException(words + " ended with " + code);
    }
    for (ServerProcess server : servers.values()) {
      server.awaitFrozen(FREEZE_PATIENCE);
    }
  }

  /// Waits until a node ends by itself; its exit code.
  public int awaitEnd(int node, Duration patience) throws InterruptedException {
    return server(node).awaitEnd(patience);
  }

  /// Whether a node's process lives, frozen or not.
  public boolean isRunning(int node) {
    return server(node).isRunning();
  }

  private ServerProcess server(int node) {
    ServerProcess server = servers.get(node);
    if (server == null) {
      throw new IllegalArgumentException("no node " + node);
    }
    return server;
  }

  /// What all nodes do right now and said last, for people.
  public String symptoms() {
    return servers.values().stream().map(ServerProcess::symptoms).collect(Collectors.joining("\n"));
  }

  private void killAll() {
    servers.values().forEach(ServerProcess::kill);
  }

  /// Ends all processes and proxies.
  @Override
  public void close() {
    killAll();
    links.close();
    try {
      Runtime.getRuntime().removeShutdownHook(cleanup);
    } catch (IllegalStateException e) {
      // The JVM ends already: the hook finds nothing left to do.
    }
  }
}
