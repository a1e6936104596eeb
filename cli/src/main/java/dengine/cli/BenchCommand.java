package dengine.cli;

import dengine.api.Client;
import dengine.api.ReadPolicy;
import dengine.cli.dev.DevEndpoints;
import dengine.cli.doctor.FsyncTimes;
import dengine.cli.load.Load;
import dengine.cli.load.LoadOptions;
import dengine.cli.load.LoadResult;
import dengine.embedded.EmbeddedEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "bench",
    description = {
      "Measure throughput and latency: 8-byte keys b0000000 and on, 256-byte values.",
      "Ends by itself. Writes to the cluster it is pointed at."
    })
final class BenchCommand implements Callable<Integer> {

  private static final Duration READY = Duration.ofSeconds(30);
  private static final int FSYNCS = 500;
  private static final Duration LONGEST_FSYNCS = Duration.ofSeconds(3);

  private final Surroundings surroundings;
  @Mixin Target target = new Target();

  @Option(
      names = "--ops",
      paramLabel = "OPS",
      defaultValue = "put",
      description = "put, get or mixed (one to one). Default: put.")
  LoadOptions.Operations operations = LoadOptions.Operations.PUT;

  @Option(
      names = {"-c", "--clients"},
      paramLabel = "N",
      defaultValue = "64",
      description = "Callers, each waiting for its answer, 1 to 10000. Default: 64.")
  int clients = 64;

  @Option(
      names = {"-k", "--keys"},
      paramLabel = "N",
      defaultValue = "10000",
      description = "Different keys, 1 to 10000000. Default: 10000.")
  int keys = 10_000;

  @Option(
      names = {"-s", "--seconds"},
      paramLabel = "N",
      defaultValue = "5",
      description = "How long to measure, 1 to 600. Default: 5.")
  int seconds = 5;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "2",
      description = "Seconds to run before measuring, 0 to 600. Default: 2.")
  int warmUp = 2;

  @Option(
      names = {"-p", "--policy"},
      paramLabel = "POLICY",
      defaultValue = "linearizable",
      description = "How fresh: linearizable, lease or eventual. Default: linearizable.")
  ReadPolicy policy = ReadPolicy.LINEARIZABLE;

  @ArgGroup Route route = new Route();

  /// How commands travel.
  static final class Route {
    @Option(names = "--session", description = "Over the session stream. The default.")
    boolean session;

    @Option(names = "--unary", description = "One gRPC call per command, as the original does.")
    boolean unary;

    @Option(
        names = "--embedded",
        paramLabel = "FOLDER",
        description = "Over no network: a node in this process with its data in FOLDER.")
    @Nullable Path embedded;
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table or json. Default: table.")
  @Nullable OutputFormat output;

  BenchCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws IOException {
    LoadOptions options = options();
    LoadResult result =
        route.embedded == null ? remote(options) : embedded(options, route.embedded);
    Path disk = disk();
    FsyncTimes raw = FsyncTimes.measure(disk, FSYNCS, LONGEST_FSYNCS);
    if (output == OutputFormat.JSON) {
      surroundings.out().println(Json.of(json(result, raw, disk)));
    } else {
      print(result, raw, disk);
    }
    if (result.succeeded() == 0) {
      throw new CommandException(
          ExitCode.UNAVAILABLE, "not one operation succeeded: " + failed(result));
    }
    return ExitCode.OK;
  }

  private LoadOptions options() {
    try {
      return new LoadOptions(
          operations,
          clients,
          keys,
          Duration.ofSeconds(warmUp),
          Duration.ofSeconds(seconds),
          policy,
          System.nanoTime());
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, "--" + e.getMessage());
    }
  }

  private LoadResult remote(LoadOptions options) {
    return route.unary
        ? target.withUnary(surroundings, client -> Load.run(client, options))
        : target.with(surroundings, client -> Load.run(client, options));
  }

  private LoadResult embedded(LoadOptions options, Path folder) {
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder)) {
      engine.waitReady(READY);
      Client client = engine.client().withDeadline(target.timeout());
      return Load.run(client, options);
    }
  }

  // The disk the writes went to, if it is one of this machine's; otherwise the one at hand.
  private Path disk() {
    if (route.embedded != null) {
      return route.embedded;
    }
    Optional<DevEndpoints> dev = DevEndpoints.running(surroundings.environment());
    return dev.map(DevEndpoints::folder)
        .filter(Files::isDirectory)
        .orElseGet(() -> Path.of("").toAbsolutePath());
  }

  private void print(LoadResult result, FsyncTimes raw, Path disk) {
    PrintStream out = surroundings.out();
    out.printf(
        Locale.ROOT,
        "%s by %d clients on %d keys for %d s%s%n%n",
        operations.name().toLowerCase(Locale.ROOT),
        clients,
        keys,
        seconds,
        operations == LoadOptions.Operations.PUT ? "" : ", reads " + policy);
    Table table = new Table("MEASURE", "VALUE");
    table.row("throughput", String.format(Locale.ROOT, "%.0f per second", result.perSecond()));
    result.latencies().forEach((name, latency) -> table.row("latency " + name, millis(latency)));
    table.row("failed", failed(result));
    table.row(
        "disk alone",
        String.format(
            Locale.ROOT,
            "%.0f fsyncs per second, median %s, p99 %s, in %s",
            raw.perSecond(),
            millis(raw.median()),
            millis(raw.p99()),
            disk));
    out.print(table);
  }

  private static String failed(LoadResult result) {
    return result.failed().isEmpty()
        ? "0"
        : result.failed().entrySet().stream()
            .map(kind -> kind.getValue() + " " + kind.getKey())
            .collect(Collectors.joining(", "));
  }

  private Map<String, @Nullable Object> json(LoadResult result, FsyncTimes raw, Path disk) {
    Map<String, @Nullable Object> latencies = Json.object();
    result.latencies().forEach((name, latency) -> latencies.put(name, latency.toNanos() / 1000));
    return Json.object(
        "ops",
        operations.name().toLowerCase(Locale.ROOT),
        "clients",
        clients,
        "keys",
        keys,
        "seconds",
        result.elapsed().toNanos() / 1e9,
        "succeeded",
        result.succeeded(),
        "per_second",
        result.perSecond(),
        "latency_us",
        latencies,
        "failed",
        result.failed(),
        "fsync_per_second",
        raw.perSecond(),
        "fsync_median_us",
        raw.median().toNanos() / 1000,
        "fsync_p99_us",
        raw.p99().toNanos() / 1000,
        "fsync_folder",
        disk.toString());
  }

  private static String millis(Duration duration) {
    return String.format(Locale.ROOT, "%.2f ms", duration.toNanos() / 1e6);
  }
}
