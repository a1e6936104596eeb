package dengine.cli.dev;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How a node's process is started: with the Java, its flags and the class path of this process.
///
/// @param mainClass the command's main class
/// @param arguments what follows `--config FILE`
public record NodeCommand(String mainClass, List<String> arguments) {

  private static final List<String> OF_ONE_PROCESS =
      List.of("-agent", "-javaagent", "-Xrun", "-Xdebug", "-Dcom.sun.management.");

  public NodeCommand {
    arguments = List.copyOf(arguments);
  }

  Process start(DevNode node) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags(ManagementFactory.getRuntimeMXBean().getInputArguments()));
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

  /// What `bin/dengine` gave this process, which it starts with the flags of a server; but for
  /// debuggers, agents and ports. However this process was started: out of memory a node's promises
  /// are void.
  static List<String> flags(List<String> own) {
    List<String> flags = new ArrayList<>(own);
    flags.removeIf(flag -> OF_ONE_PROCESS.stream().anyMatch(flag::startsWith));
    flags.add("-XX:+ExitOnOutOfMemoryError");
    return flags;
  }

  /// The variables that all nodes get.
  public static Map<String, String> shared(Map<String, String> environment) {
    Map<String, String> shared = new HashMap<>(environment);
    shared.keySet().removeIf(NodeCommand::isOfOneNode);
    return shared;
  }

  /// What would make all nodes the same.
  private static boolean isOfOneNode(String variable) {
    return variable.equals("DENGINE_CONFIG")
        || variable.equals("DENGINE__MONITORING__HTTP_ADDRESS")
        || variable.equals("RAFT__MONITORING__HTTP_ADDRESS")
        || variable.startsWith("DENGINE__CLUSTER__")
        || variable.startsWith("RAFT__CLUSTER__");
  }
}
