package dengine.cli;

import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "server",
    description = {
      "Run a node. Without options it is a cluster of its own: data in ./data, at 127.0.0.1:9081.",
      "SIGTERM or Ctrl-C stops it gracefully, with exit code 0.",
      "Exit code 74: it could not start, or stopped by itself; 78: the configuration is wrong."
    })
final class ServerCommand implements Callable<Integer> {

  static final String STOP_WITH_PARENT = "--stop-with-parent";

  private final Surroundings surroundings;
  @Mixin ConfigOptions options = new ConfigOptions();

  @Option(
      names = STOP_WITH_PARENT,
      hidden = true,
      description = "Stop when standard input ends, as it does when the parent process is gone.")
  boolean stopWithParent;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "INFO",
      description = "Least level of log lines: debug, info, warn or error. Default: info.")
  LogLevel logLevel = LogLevel.INFO;

  /// Levels of log lines.
  enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  ServerCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    ServerConfig config = options.load(surroundings.environment());
    Logging.level(logLevel.name());
    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      Ending ending = Ending.with(server::close);
      if (stopWithParent) {
        Thread.ofPlatform().daemon().name("dengine-parent-watch").start(this::watchParent);
      }
      try {
        server.awaitTermination();
      } finally {
        ending.over();
      }
    } catch (UncheckedIOException e) {
      throw new CommandException(ExitCode.NODE_STOPPED, "the node cannot start: " + e.getMessage());
    }
    return ExitCode.OK;
  }

  // The parent never writes; the pipe ends when it closes it, or dies, whatever kills it.
  private void watchParent() {
    try {
      while (surroundings.in().read() >= 0) {
        // Nothing is said here; only the end counts.
      }
    } catch (IOException e) {
      // A broken pipe is an end too.
      System.exit(ExitCode.OK);
    }
    System.exit(ExitCode.OK);
  }
}
