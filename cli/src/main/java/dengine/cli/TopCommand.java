package dengine.cli;

import dengine.server.config.Durations;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "top",
    description = {
      "Show leader, term and every node, again and again, until q or Ctrl-C.",
      "Into a file or a pipe it writes one look after the other. Exit code 5: with --count, no node"
          + " led at the last look."
    })
final class TopCommand implements Callable<Integer> {

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "End after so many looks.")
  long count;

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "1s",
      description = "Time from one look to the next, at least 100ms. Default: 1s.")
  String interval = "1s";

  TopCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Duration pause = pause();
    if (count < 0) {
      throw new CommandException(
          ExitCode.USAGE, "--count = " + count + ", permitted: 0 for ever, or more");
    }
    Target.Found found = target.find(surroundings);
    OutputFormat format = presentation.outputOr(OutputFormat.TABLE);
    if (format == OutputFormat.VALUE) {
      throw new CommandException(
          ExitCode.USAGE, "top has no bare value: --output table or json, or 'dengine status'");
    }
    Screen screen =
        format == OutputFormat.TABLE ? Screen.of(surroundings) : Screen.plain(surroundings);
    Ending ending = Ending.with(screen::close);
    try (screen;
        ClusterLook look = new ClusterLook(surroundings.connector(), found, target.timeout())) {
      return show(look, screen, format, pause, found);
    } finally {
      ending.over();
    }
  }

  private Duration pause() {
    try {
      Duration parsed = Durations.parse(interval);
      if (parsed.compareTo(Duration.ofMillis(100)) < 0) {
        throw new IllegalArgumentException("out of range; permitted: 100ms to 1d");
      }
      return parsed;
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--interval " + interval + ": " + e.getMessage());
    }
  }

  private int show(
      ClusterLook look, Screen screen, OutputFormat format, Duration pause, Target.Found found) {
    Optional<ClusterView> before = Optional.empty();
    long askedBefore = 0;
    for (long looks = 1; ; looks++) {
      long asked = System.nanoTime();
      ClusterView now = look.take();
      TopView view = new TopView(now, before, Duration.ofNanos(asked - askedBefore));
      boolean read =
          format == OutputFormat.JSON
              ? screen.line(Json.of(view.json()))
              : screen.show(view.text(Presentation.width(surroundings)));
      if (looks == count) {
        screen.close();
        now.requireLeader(found);
        return ExitCode.OK;
      }
      Duration left = pause.minusNanos(System.nanoTime() - asked);
      if (!read || screen.isLeft(left.isNegative() ? Duration.ZERO : left)) {
        return ExitCode.OK;
      }
      before = Optional.of(now);
      askedBefore = asked;
    }
  }
}
