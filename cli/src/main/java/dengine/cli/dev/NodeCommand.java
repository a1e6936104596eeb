package dengine.cli.dev;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;

/// How a node's process is started: with the Java and the class path of this process.
///
/// @param mainClass the command's main class
/// @param arguments what follows `--config FILE`
/// @param environment variables of this process; those that would make all nodes the same are
///     left out
public record NodeCommand(
    String mainClass, List<String> arguments, Map<String, String> environment) {

  // Netty and protobuf reach for native and unsafe memory; without these flags each start warns.
  private static final List<String> JVM_FLAGS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:+UseCompactObjectHeaders",
          "-XX:+ExitOnOutOfMemoryError");

  public NodeCommand {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  Process start(DevNode node) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_FLAGS);
    new StringTokenizer(environment.getOrDefault("DENGINE_OPTS", ""))
        .asIterator()
        .forEachRemaining(option -> command.add(option.toString()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(List.of("server", "--config", node.configFile().toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(NodeCommand::isOfOneNode);
    File log = node.logFile().toFile();
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }

  /// The variables that all nodes get.
  public static Map<String, String> shared(Map<String, String> environment) {
    Map<String, String> shared = new HashMap<>(environment);
    shared.keySet().removeIf(NodeCommand::isOfOneNode);
    return shared;
  }

  private static boolean isOfOneNode(String variable) {
    return variable.equals("DENGINE_CONFIG")
        || variable.startsWith("DENGINE__CLUSTER__")
        || variable.startsWith("RAFT__CLUSTER__");
  }
}
