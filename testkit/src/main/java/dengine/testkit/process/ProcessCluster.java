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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Server processes on free ports of the loopback network, each reaching the others through proxies
/// of its own. Nodes may join later, lose their disks and leave.
///
/// Data, configuration and logs of node N are `node-N/`, `node-N.toml` and `node-N.log` in one
/// directory, which stays when the cluster is closed. Whatever happens, no process outlives this
/// JVM, except by `kill -9` of it. For any number of threads. Linux.
public final class ProcessCluster implements AutoCloseable {

  private static final long CLUSTER_ID = 771_177;
  private static final Duration FREEZE_PATIENCE = Duration.ofSeconds(20);

  private final Map<Integer, ServerProcess> servers = new ConcurrentSkipListMap<>();
  private final Queue<String> deaths = new ConcurrentLinkedQueue<>();
  private final Setup setup;
  private final Path directory;
  private final Links links = new Links();
  private final Thread cleanup = new Thread(this::killAll, "end-servers");

  /// What to start and how.
  ///
  /// @param launcher the script that starts a server
  /// @param size how many nodes
  /// @param directory for data, configuration and logs
  /// @param settings lines of TOML for every node, besides the table `[cluster]`
  /// @param jvmOptions for every server's virtual machine
  /// @param proxies whether there are proxies between the nodes
  public record Setup(
      Path launcher,
      int size,
      Path directory,
      String settings,
      String jvmOptions,
      boolean proxies) {

    /// The same with other settings and another number of nodes.
    public Setup with(int nodes, String other) {
      return new Setup(launcher, nodes, directory, other, jvmOptions, proxies);
    }

    /// The same with other options for the virtual machines.
    public Setup withJvmOptions(String other) {
      return new Setup(launcher, size, directory, settings, other, proxies);
    }

    /// The same with nodes that reach each other directly, for measurements.
    public Setup withoutProxies() {
      return new Setup(launcher, size, directory, settings, jvmOptions, false);
    }
  }

  private ProcessCluster(Setup setup) {
    this.setup = setup;
    this.directory = setup.directory();
  }

  /// Writes the configuration and starts all nodes; does not wait for them to serve.
  public static ProcessCluster start(Setup setup) throws IOException {
    Files.createDirectories(setup.directory());
    Names.learn(setup.directory().resolve("hosts"));
    ProcessCluster cluster = new ProcessCluster(setup);
    Runtime.getRuntime().addShutdownHook(cluster.cleanup);
    for (int node = 1; node <= setup.size(); node++) {
      cluster.add(node);
    }
    List<Integer> founders = cluster.nodes();
    String members = founders.stream().map(cluster::member).collect(Collectors.joining(", "));
    for (int node : founders) {
      cluster.configure(node, "initial_cluster = [" + members + "]");
      cluster.start(node);
    }
    return cluster;
  }

  /// Starts a new node, with an empty disk, which joins through any of those that are there.
  public void join(int node) throws IOException {
    String seeds =
        nodes().stream().map(n -> '"' + endpoint(n) + '"').collect(Collectors.joining(", "));
    add(node);
    configure(
        node,
        """
        initial_cluster = [%s]
        join = [%s]
        join_timeout = "2m"
        """
            .formatted(member(node), seeds));
    start(node);
  }

  /// Ends a node for ever; its files stay.
  public void forget(int node) {
    noteDeath(node);
    server(node).kill();
    servers.remove(node);
    links.forget(node);
  }

  /// Takes everything from the disk of a node that is down.
  public void wipe(int node) throws IOException {
    if (isRunning(node)) {
      throw new IllegalStateException("node " + node + " runs");
    }
    Path data = data(node);
    try (Stream<Path> all = Files.walk(data)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void add(int node) throws IOException {
    InetSocketAddress address = Names.home(node, freePort(node));
    Path hosts = directory.resolve("hosts");
    if (setup.proxies()) {
      for (ServerProcess other : servers.values()) {
        connect(other.id(), node, address);
        connect(node, other.id(), other.address());
      }
      hosts = directory.resolve("node-" + node + ".hosts");
      Names.write(hosts, node);
    }
    String options = setup.jvmOptions() + " " + Names.option(hosts);
    servers.put(
        node,
        new ServerProcess(
            node,
            address,
            List.of(setup.launcher().toString(), "server", "--config", config(node).toString()),
            Map.of("DENGINE_OPTS", options),
            log(node)));
  }

  private void connect(int from, int to, InetSocketAddress listening) throws IOException {
    links.connect(from, to, Names.way(from, to, listening.getPort()), listening);
  }

  private void configure(int node, String membership) throws IOException {
    InetSocketAddress own = server(node).address();
    Files.writeString(
        config(node),
        """
        [cluster]
        node_id = %d
        cluster_id = %d
        listen_address = "%s:%d"
        db_root_dir = "%s"
        %s

        %s
        """
            .formatted(
                node,
                CLUSTER_ID,
                own.getAddress().getHostAddress(),
                own.getPort(),
                data(node),
                membership,
                setup.settings()));
  }

  private String member(int node) {
    return "{ id = %d, address = \"%s\", role = 1, status = 3 }".formatted(node, endpoint(node));
  }

  /// A port that was free a moment ago.
  private static int freePort(int node) throws IOException {
    InetAddress own = Names.home(node, 0).getAddress();
    try (ServerSocket socket = new ServerSocket(0, 1, own)) {
      return socket.getLocalPort();
    }
  }

  private Path config(int node) {
    return directory.resolve("node-" + node + ".toml");
  }

  /// Where a node keeps its data.
  public Path data(int node) {
    return directory.resolve("node-" + node);
  }

  /// What a node has said so far, over all its starts.
  public Path log(int node) {
    return directory.resolve("node-" + node + ".log");
  }

  /// The numbers of all nodes, ascending.
  public List<Integer> nodes() {
    return List.copyOf(servers.keySet());
  }

  /// Where clients of this process reach a node directly, and what nodes call it, `host:port`.
  public String endpoint(int node) {
    return Names.of(node) + ":" + server(node).address().getPort();
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
    List<ServerProcess> running =
        servers.values().stream().filter(server -> server.diedWith().isEmpty()).toList();
    List<String> words = new ArrayList<>(List.of("kill", "-STOP"));
    running.forEach(server -> words.add(Long.toString(server.pid())));
    int code = new ProcessBuilder(words).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException(words + " ended with " + code);
    }
    for (ServerProcess server : running) {
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
