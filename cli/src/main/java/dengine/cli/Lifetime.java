package dengine.cli;

import dengine.api.TimeToLive;
import dengine.server.config.Durations;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How long what a command writes may live.
final class Lifetime {

  /// In settings milliseconds; but whoever knows other stores means seconds.
  private static final Pattern PLAIN_NUMBER = Pattern.compile("\\d+(\\.\\d+)?");

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      description = "The key goes by itself after this time, such as 500ms, 10s or 48h.")
  @Nullable String ttl;

  /// Empty for ever.
  Optional<Duration> duration() {
    if (ttl != null && PLAIN_NUMBER.matcher(ttl).matches()) {
      throw new CommandException(
          ExitCode.USAGE, "--ttl " + ttl + ": of what? For example " + ttl + "s or " + ttl + "ms");
    }
    try {
      return Optional.ofNullable(ttl).map(text -> Durations.parse(text, TimeToLive.LONGEST));
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--ttl " + ttl + ": " + e.getMessage());
    }
  }
}
