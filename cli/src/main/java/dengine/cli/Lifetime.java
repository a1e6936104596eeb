package dengine.cli;

import dengine.api.TimeToLive;
import dengine.server.config.Durations;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How long what a command writes may live.
final class Lifetime {

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      description =
          "The key goes by itself after this time, such as 500ms, 10s or 48h; a plain"
              + " number counts milliseconds.")
  @Nullable String ttl;

  /// Empty for ever.
  Optional<Duration> duration() {
    try {
      return Optional.ofNullable(ttl).map(text -> Durations.parse(text, TimeToLive.LONGEST));
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--ttl " + ttl + ": " + e.getMessage());
    }
  }
}
