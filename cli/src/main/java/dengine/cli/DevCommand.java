package dengine.cli;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.Leader;
import dengine.cli.dev.DevCluster;
import dengine.cli.dev.DevEndpoints;
import dengine.cli.dev.DevFolder;
import dengine.cli.dev.DevNode;
import dengine.cli.dev.NodeCommand;
import dengine.server.config.ConfigException;
import dengine.server.config.ServerConfig;
import dengine.server.config.ServerConfigBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "dev",
    description = {
      "Run a cluster for development: three nodes, each a process of its own, at free ports.",
      "Commands in other terminals find it by themselves. Ctrl-C stops it."
    })
final class DevCommand implements Callable<Integer> {

  private static final int MOST_NODES = 9;

  /// Settings that make a node the one it is.
  private static final Set<String> OF_ONE_NODE =
      Set.of(
          "cluster.node_id",
          "cluster.listen_address",
          "cluster.initial_cluster",
          "cluster.db_root_dir",
          "cluster.join",
          "cluster.join_read_only",
          "cluster.join_replaces",
          "monitoring.http_address");

  private static final Duration LONGEST_START = Duration.ofSeconds(60);
  private static final Duration ATTEMPT = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Surroundings surroundings;

  @Option(
      names = {"-n", "--nodes"},
      paramLabel = "N",
      description = "How many nodes, 1 to 9. Default: 3, or as many as --dir holds.")
  @Nullable Integer nodes;

  /// The cluster that commands found before this one.
  private Optional<DevEndpoints> before = Optional.empty();

  @Option(
      names = {"-d", "--dir"},
      paramLabel = "FOLDER",
      description =
          "Keep the data here; the next time the cluster goes on with it. Default: a"
              + " temporary folder, deleted at the end.")
  @Nullable Path folder;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of all nodes, such as --set raft.persistence.strategy=MemFirst.")
  Map<String, String> settings = new LinkedHashMap<>();

  private volatile boolean ending;

  DevCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws IOException {
    if (nodes != null && (nodes < 1 || nodes > MOST_NODES)) {
      throw new CommandException(
          ExitCode.USAGE, "--nodes " + nodes + ": permitted are 1 to " + MOST_NODES);
    }
    checkSettings();
    DevFolder home =
        new DevFolder(folder == null ? Files.createTempDirectory("dengine-dev-") : folder);
    List<DevNode> members = prepare(home);
    DevEndpoints endpoints =
        new DevEndpoints(
            ProcessHandle.current().pid(),
            members.stream().map(DevNode::address).toList(),
            home.path());
    DevCluster cluster = DevCluster.start(members, nodeCommand(), this::reportDeath);
    Ending ended = Ending.with(() -> stop(cluster, endpoints, home));
    try {
      Leader leader = awaitLeader(cluster, endpoints.endpoints(), members);
      publish(endpoints);
      greet(cluster, leader, endpoints);
      cluster.awaitEnd();
      if (ending) {
        return ExitCode.OK; // asked to: the process ends with what the shutdown says
      }
      throw new CommandException(
          ExitCode.NODE_STOPPED, "all nodes have ended; their logs are in " + home.path());
    } finally {
      ended.over();
      if (!ending) {
        cluster.close();
        endpoints.withdraw(surroundings.environment(), before);
      }
    }
  }

  /// As each node would check them: before anything is made or started.
  private void checkSettings() {
    ServerConfigBuilder builder =
        ServerConfig.builder().environment(NodeCommand.shared(surroundings.environment()));
    List<String> ofOneNode = new ArrayList<>();
    settings.forEach(
        (key, value) -> {
          if (OF_ONE_NODE.contains(key)) {
            ofOneNode.add("--set: " + key + ": 'dengine dev' says that itself, leave it out");
          } else {
            builder.set(key, value, "--set");
          }
        });
    if (!ofOneNode.isEmpty()) {
      throw new ConfigException(ofOneNode);
    }
    var _ = builder.build();
  }

  private List<DevNode> prepare(DevFolder home) throws IOException {
    try {
      return home.prepare(nodes == null ? 0 : nodes);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private NodeCommand nodeCommand() {
    List<String> arguments = new ArrayList<>(List.of(ServerCommand.STOP_WITH_PARENT));
    settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
    return new NodeCommand(Main.class.getName(), arguments);
  }

  private Leader awaitLeader(DevCluster cluster, List<String> endpoints, List<DevNode> members) {
    long deadline = System.nanoTime() + LONGEST_START.toNanos();
    try (Client client = surroundings.connector().connect(endpoints, ATTEMPT)) {
      while (System.nanoTime() < deadline && cluster.isAlive()) {
        Optional<Leader> leader = serving(client);
        if (leader.isPresent()) {
          return leader.get();
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new CommandException(
        ExitCode.NODE_STOPPED,
        "no leader; the last lines of the nodes:\n"
            + members.stream()
                .flatMap(node -> DevCluster.lastLines(node.logFile()).stream())
                .collect(Collectors.joining("\n")));
  }

  // A leader that answers a read has applied everything before its term.
  private static Optional<Leader> serving(Client client) {
    try {
      client.get(Bytes.of("dengine-dev"));
      return client.leader();
    } catch (DEngineException e) {
      // None yet, which is what is waited for.
      return Optional.empty();
    }
  }

  private void publish(DevEndpoints endpoints) {
    before = DevEndpoints.running(surroundings.environment());
    before.ifPresent(
        other ->
            surroundings
                .err()
                .println(
                    "dengine: another 'dengine dev' runs (process "
                        + other.processId()
                        + "). Until this one ends, commands talk to this one; to reach the other: "
                        + Target.VARIABLE
                        + "="
                        + String.join(",", other.endpoints())));
    try {
      endpoints.publish(surroundings.environment());
    } catch (IOException e) {
      surroundings
          .err()
          .println(
              "dengine: "
                  + DevEndpoints.file(surroundings.environment())
                  + " cannot be written ("
                  + e.getMessage()
                  + "): set DENGINE_ENDPOINTS in other terminals");
    }
  }

  private void greet(DevCluster cluster, Leader leader, DevEndpoints endpoints) {
    PrintStream out = surroundings.out();
    Table table = new Table("NODE", "ADDRESS", "PROCESS", "METRICS AND HEALTH");
    cluster
        .processIds()
        .forEach(
            (node, pid) ->
                table.row(
                    node.id(), node.address(), pid, "http://" + node.httpAddress() + "/metrics"));
    out.print(table);
    out.println();
    out.println(
        "Node "
            + leader.id()
            + " leads. Data and logs: "
            + endpoints.folder()
            + (folder == null ? " (deleted at the end)" : ""));
    out.println();
    out.println("In another terminal:");
    out.println("  bin/dengine put greeting hello");
    out.println("  bin/dengine get greeting");
    out.println("  bin/dengine status");
    out.println();
    out.println("Other programs find it with:");
    out.println("  export " + Target.VARIABLE + "=" + String.join(",", endpoints.endpoints()));
    out.println();
    out.println("Ctrl-C stops the cluster.");
    out.flush();
  }

  private void reportDeath(DevNode node, int exitCode) {
    if (ending) {
      return;
    }
    surroundings
        .err()
        .println(
            "dengine: node "
                + node.id()
                + " ended with exit code "
                + exitCode
                + "; its log is "
                + node.logFile()
                + "; start it again with: "
                + startAgain(node));
    surroundings.err().flush();
  }

  /// With the settings that all nodes were given here, which are not in its file.
  private String startAgain(DevNode node) {
    List<String> words = new ArrayList<>();
    words.add(surroundings.environment().getOrDefault(Offline.COMMAND_VARIABLE, "dengine"));
    words.addAll(List.of("server", "--config", node.configFile().toString()));
    settings.forEach((key, value) -> words.addAll(List.of("--set", key + "=" + value)));
    return words.stream().map(Offline::quoted).collect(Collectors.joining(" "));
  }

  private void stop(DevCluster cluster, DevEndpoints endpoints, DevFolder home) {
    ending = true;
    cluster.close();
    try {
      endpoints.withdraw(surroundings.environment(), before);
      if (folder == null) {
        home.delete();
      } else {
        home.stillRunning().ifPresent(text -> surroundings.err().println("dengine: " + text));
      }
    } catch (IOException e) {
      surroundings.err().println("dengine: not everything was deleted: " + e.getMessage());
    }
  }
}
