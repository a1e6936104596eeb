package dengine.cli;

import dengine.cli.dev.DevFolder;
import dengine.cli.dev.DevNode;
import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/// What the build runs once so that Java can record what a start needs (JEP 483, 515): three nodes
/// and the commands of a first minute, in this process. With that record a node serves sooner, and
/// starting it takes away less from its neighbours.
@Command(
    name = "train",
    hidden = true,
    description = "Runs a cluster and some commands, for the build.")
final class TrainCommand implements Callable<Integer> {

  private static final int NODES = 3;
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("put", "key", "value"),
          List.of("get", "key"),
          List.of("cas", "key", "other", "--expect", "value"),
          List.of("scan", "k"),
          List.of("bench", "--seconds", "1", "--warm-up", "0"),
          List.of("delete", "key"),
          List.of("status"),
          List.of("member", "list"),
          List.of("transfer"),
          List.of("snapshot", "create"));

  private final Surroundings surroundings;

  TrainCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /// A start that cannot be recorded here costs time, and nothing else: the build goes on.
  @Override
  public Integer call() {
    Logging.level("INFO");
    try {
      DevFolder home = new DevFolder(Files.createTempDirectory("dengine-train-"));
      try {
        train(home);
      } finally {
        home.delete();
      }
    } catch (RuntimeException | IOException failure) {
      surroundings.err().println("dengine: the training run failed: " + failure);
    }
    return ExitCode.OK;
  }

  private void train(DevFolder home) throws IOException {
    List<StandaloneEngine> nodes = new ArrayList<>();
    try {
      List<DevNode> members = home.prepare(NODES);
      for (DevNode member : members) {
        // Not by the variables of whoever builds, which may be meant for one node.
        ServerConfig config = ServerConfig.builder().file(member.configFile()).build();
        nodes.add(StandaloneEngine.start(config));
      }
      run(members.getFirst().configFile(), members.stream().map(DevNode::address).toList());
    } finally {
      nodes.forEach(StandaloneEngine::close);
    }
  }

  private void run(Path configFile, List<String> addresses) {
    run(List.of("config", "--config", configFile.toString()));
    String endpoints = addresses.stream().collect(Collectors.joining(","));
    for (List<String> command : COMMANDS) {
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of("--endpoints", endpoints, "--timeout", "30s"));
      run(words);
    }
  }

  private void run(List<String> words) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Surroundings quiet =
        new Surroundings(surroundings.in(), out, out, Map.of(), surroundings.connector());
    int code = Cli.run(quiet, words.toArray(String[]::new));
    if (code != ExitCode.OK) {
      throw new CommandException(
          code, String.join(" ", words) + ": " + said.toString(StandardCharsets.UTF_8));
    }
  }
}
