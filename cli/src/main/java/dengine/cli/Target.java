package dengine.cli;

import dengine.api.Admin;
import dengine.api.Client;
import dengine.api.ClusterUnavailableException;
import dengine.api.NotLeaderException;
import dengine.cli.dev.DevEndpoints;
import dengine.server.config.Durations;
import dengine.server.config.HostPort;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which cluster a command talks to.
final class Target {

  static final String VARIABLE = "DENGINE_ENDPOINTS";
  private static final String STANDARD_SOURCE = "the default";
  private static final String STANDARD = "127.0.0.1:9081";
  private static final Duration STANDARD_TIMEOUT = Duration.ofSeconds(5);

  @Option(
      names = {"-e", "--endpoints"},
      paramLabel = "HOST:PORT[,...]",
      description =
          "Nodes to talk to; any member will do. Otherwise $DENGINE_ENDPOINTS, a running 'dengine"
              + " dev', or 127.0.0.1:9081.")
  @Nullable String endpoints;

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "TIME",
      description =
          "Longest time the command may take, such as 500ms or 10s; a bare number is"
              + " milliseconds. Default: 5s; for 'snapshot create' and 'save' as long as it"
              + " takes.")
  @Nullable String timeout;

  /// Where the cluster is, and who says so.
  record Found(List<String> endpoints, String source) {
    @Override
    public String toString() {
      return String.join(",", endpoints) + " (" + source + ")";
    }
  }

  Found find(Surroundings surroundings) {
    if (endpoints != null) {
      return new Found(split(endpoints), "--endpoints");
    }
    String variable = surroundings.environment().getOrDefault(VARIABLE, "");
    if (!variable.isBlank()) {
      return new Found(split(variable), VARIABLE);
    }
    Optional<DevEndpoints> dev = DevEndpoints.running(surroundings.environment());
    return dev.map(running -> new Found(running.endpoints(), "the running 'dengine dev'"))
        .orElseGet(() -> new Found(List.of(STANDARD), STANDARD_SOURCE));
  }

  Duration timeout() {
    return givenTimeout().orElse(STANDARD_TIMEOUT);
  }

  /// The time that was asked for; empty if none was.
  Optional<Duration> givenTimeout() {
    if (timeout == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Durations.parse(timeout));
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--timeout " + timeout + ": " + e.getMessage());
    }
  }

  /// Does something with the cluster and says, if it cannot be reached, where it was looked for.
  <T> T with(Surroundings surroundings, Function<Client, T> action) {
    Found found = find(surroundings);
    return with(surroundings.connector().connect(found.endpoints(), timeout()), found, action);
  }

  /// The same for operators.
  <T> T withAdmin(Surroundings surroundings, Function<Admin, T> action) {
    return withOperator(surroundings, connection -> action.apply(connection.admin()));
  }

  /// The same for those who also need the store.
  <T> T withOperator(Surroundings surroundings, Function<AdminConnection, T> action) {
    Found found = find(surroundings);
    AdminConnection connection = surroundings.connector().admin(found.endpoints(), timeout());
    try (connection) {
      return reached(found, () -> action.apply(connection));
    }
  }

  /// An address as it was given.
  ///
  /// @throws CommandException if it is none
  static String address(String text) {
    return split(text.replace(",", " ")).getFirst();
  }

  /// The same with one call per command.
  <T> T withUnary(Surroundings surroundings, Function<Client, T> action) {
    Found found = find(surroundings);
    return with(surroundings.connector().connectUnary(found.endpoints(), timeout()), found, action);
  }

  private static <T> T with(Client opened, Found found, Function<Client, T> action) {
    try (Client client = opened) {
      return reached(found, () -> action.apply(client));
    }
  }

  private static <T> T reached(Found found, Supplier<T> action) {
    try {
      return action.get();
    } catch (ClusterUnavailableException | NotLeaderException e) {
      throw new CommandException(
          ExitCode.UNAVAILABLE,
          e.getMessage()
              + "; asked at "
              + found
              + ": check with 'dengine status'"
              + (found.source.equals(STANDARD_SOURCE)
                  ? ", or start a cluster with 'dengine dev'"
                  : ""));
    }
  }

  private static List<String> split(String list) {
    List<String> parts =
        Arrays.stream(list.split(",")).map(String::strip).filter(part -> !part.isEmpty()).toList();
    if (parts.isEmpty()) {
      throw new CommandException(ExitCode.USAGE, "no endpoint in \"" + list + "\"");
    }
    for (String part : parts) {
      try {
        HostPort.parse(part);
      } catch (IllegalArgumentException e) {
        throw new CommandException(
            ExitCode.USAGE, "endpoint \"" + part + "\" is not host:port: " + e.getMessage());
      }
    }
    return parts;
  }
}
