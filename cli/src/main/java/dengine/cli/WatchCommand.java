package dengine.cli;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.Scan;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchOptions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "watch",
    description = {
      "Print the changes of a key as they are committed, until interrupted.",
      "Goes on at another node when one goes away. Exit code 1: changes were lost on the way, the"
          + " last line says from where on."
    })
final class WatchCommand implements Callable<Integer> {

  /// What the command prints waits so long for a hint that is only one.
  private static final Duration HINT_PATIENCE = Duration.ofSeconds(1);

  private final Surroundings surroundings;
  @Mixin Target target = new Target();
  @Mixin Presentation presentation = new Presentation();

  @Option(
      names = "--prefix",
      description = "All keys below KEY, which begins and ends with a slash.")
  boolean prefix;

  @Option(
      names = "--from",
      paramLabel = "REVISION",
      defaultValue = "0",
      description =
          "Begin with the changes of this revision, if they are known still. One that is yet to"
              + " come is waited for.")
  long from;

  @Option(
      names = "--prev",
      description =
          "Also print previous values: what was stored before. Nodes keep them only while somebody"
              + " watches with them.")
  boolean previous;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "0",
      description = "End after so many changes.")
  long count;

  @Option(names = "--progress", description = "Also print up to where there were no changes.")
  boolean progress;

  @Parameters(paramLabel = "KEY", description = "The key, or with --prefix the prefix.")
  String key = "";

  WatchCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Ending ending = Ending.with(surroundings.out()::flush);
    try {
      return target.with(surroundings, this::print);
    } finally {
      ending.over();
    }
  }

  private int print(Client client) {
    Bytes wanted = presentation.encoding.decode(key);
    WatchOptions options = WatchOptions.DEFAULT.from(from);
    WatchOptions asked = previous ? options.withPreviousValues() : options;
    try (Watch watch = prefix ? client.watchPrefix(wanted, asked) : client.watch(wanted, asked)) {
      if (from > 0) {
        sayHowLongItWaits(client, wanted);
      }
      long printed = 0;
      for (WatchEvent event : watch) {
        printed += print(event);
        if (event instanceof WatchEvent.Canceled last) {
          surroundings.err().println("dengine: " + last.message());
          return ExitCode.NEGATIVE;
        }
        // Flushes; nobody may read any more, as in a pipe to head.
        if (surroundings.out().checkError() || (count > 0 && printed >= count)) {
          return ExitCode.OK;
        }
      }
    }
    return ExitCode.OK;
  }

  /// That a revision is yet to come is no error, but seldom what somebody meant.
  private void sayHowLongItWaits(Client client, Bytes wanted) {
    long newest;
    try {
      Client hurried = client.withDeadline(HINT_PATIENCE);
      newest = hurried.scan(Scan.prefix(wanted).limit(1)).revision();
    } catch (DEngineException unknown) {
      return; // the watch has begun, and goes on whether this is known or not
    }
    if (from > newest + 1) {
      surroundings
          .err()
          .println(
              "dengine: the newest revision is "
                  + newest
                  + "; waiting for revision "
                  + from
                  + ", changes before it are not printed");
    }
  }

  /// @return how many changes it was
  private int print(WatchEvent event) {
    switch (event) {
      case WatchEvent.Change change -> {
        print(change);
        return 1;
      }
      case WatchEvent.Progress(long revision) -> {
        if (progress) {
          line("progress", revision, Json.object("type", "progress", "revision", revision));
        }
      }
      case WatchEvent.Canceled last ->
          line(
              "canceled",
              last.revision(),
              Json.object(
                  "type",
                  "canceled",
                  "revision",
                  last.revision(),
                  "reason",
                  last.reason().name(),
                  "oldest_revision",
                  last.oldest()));
    }
    return 0;
  }

  private void print(WatchEvent.Change change) {
    String type =
        switch (change) {
          case WatchEvent.Put _ -> "put";
          case WatchEvent.Delete gone -> gone.expired() ? "expired" : "delete";
        };
    Map<String, @Nullable Object> object = Json.object("type", type, "revision", change.revision());
    presentation.member(object, "key", change.key());
    StringBuilder text = new StringBuilder(presentation.encoding.cell(change.key()));
    if (change instanceof WatchEvent.Put put) {
      presentation.member(object, "value", put.value());
      text.append("  ").append(presentation.encoding.cell(put.value()));
    }
    change
        .previous()
        .ifPresent(
            before -> {
              presentation.member(object, "previous", before);
              text.append("  (was ").append(presentation.encoding.cell(before)).append(')');
            });
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE -> line(type, change.revision(), text);
      case JSON -> surroundings.out().println(Json.of(object));
      case VALUE -> {
        if (change instanceof WatchEvent.Put put) {
          presentation.printValue(surroundings, put.value());
        }
      }
    }
  }

  private void line(String type, long revision, Map<String, @Nullable Object> json) {
    switch (presentation.outputOr(OutputFormat.TABLE)) {
      case TABLE -> line(type, revision, "");
      case JSON -> surroundings.out().println(Json.of(json));
      case VALUE -> {}
    }
  }

  private void line(String type, long revision, CharSequence rest) {
    surroundings.out().println("%-8s %d  %s".formatted(type, revision, rest).stripTrailing());
  }
}
