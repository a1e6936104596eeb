package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.DEngineException;
import dengine.api.ReadPolicy;
import dengine.client.GrpcClient;
import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// How long one server takes from its start, after `kill -9`, to the first linearizable read: with
/// nothing, with many entries in its log, and with as many records in a snapshot.
///
/// Beside each stands how long it takes to read the same files from the device, and the ratio of
/// what the start takes longer than an empty one to that. The kernel is made to forget the files
/// before each. Flags: see [#USAGE]; with `--max-seconds` no start may take longer. Properties as
/// for [ChaosMain].
public final class RestartMain {

  private static final String USAGE =
      "--entries N  --value-bytes N  --clients N  --max-seconds N  --heap-mib N";
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int NODE = 1;

  /// Everything stays in the log until it is asked for a snapshot, and nothing behind that.
  private static final String SETTINGS =
      """

      [raft.snapshot]
      enable = false
      retained_log_entries = 0
      """;

  private final ProcessCluster cluster;
  private final ProcessTarget target;
  private final Folder folder;
  private double emptySeconds;
  private double longest;

  private RestartMain(ProcessCluster cluster, ProcessTarget target) {
    this.cluster = cluster;
    this.target = target;
    this.folder = new Folder(cluster.data(NODE));
  }

  /// Exit code 0 if all is well, 1 if a start took too long or the node died.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> flags =
        ChaosOptions.flags(
            arguments,
            Set.of("entries", "value-bytes", "clients", "max-seconds", "heap-mib"),
            USAGE);
    int entries = ChaosOptions.number(flags, "entries", 1_000_000);
    int valueBytes = ChaosOptions.number(flags, "value-bytes", 256);
    int clients = ChaosOptions.number(flags, "clients", 256);
    int maxSeconds = ChaosOptions.number(flags, "max-seconds", Integer.MAX_VALUE);
    int heap = ChaosOptions.number(flags, "heap-mib", 2048);
    Path directory = ChaosMain.directory();
    System.out.println("restart: data and logs in " + directory);
    ProcessCluster.Setup setup = ChaosMain.setup(directory);
    ProcessCluster cluster =
        ProcessCluster.start(
            setup.with(1, SETTINGS + setup.settings()).withJvmOptions("-Xmx" + heap + "m"));
    boolean passed;
    try (ProcessTarget target = new ProcessTarget(cluster)) {
      target.awaitServing(PATIENCE);
      RestartMain run = new RestartMain(cluster, target);
      run.measure(entries, valueBytes, clients);
      List<String> deaths = cluster.deaths();
      deaths.forEach(death -> System.out.println("FAILURE " + death));
      passed = deaths.isEmpty() && run.longest <= maxSeconds;
    }
    System.exit(passed ? 0 : 1);
  }

  private void measure(int entries, int valueBytes, int clients)
      throws IOException, InterruptedException {
    cluster.kill(NODE);
    emptySeconds = start(List.of());
    long start = System.nanoTime();
    long written;
    try (Overwriting load = Overwriting.start(target, clients, Integer.MAX_VALUE, valueBytes)) {
      load.await((long) entries * valueBytes, PATIENCE);
      written = load.bytes() / valueBytes;
    }
    System.out.printf("%d entries written in %.1f s%n", written, (System.nanoTime() - start) / 1e9);
    report("log", written, false);
    try (GrpcClient client = GrpcClient.builder(cluster.endpoint(NODE)).connect()) {
      var ignored = client.admin().withDeadline(PATIENCE).createSnapshot();
    }
    report("snapshot", written, true);
  }

  private void report(String what, long records, boolean withSnapshot)
      throws IOException, InterruptedException {
    // First of all: while it runs, files go that the snapshot has made dispensable.
    cluster.kill(NODE);
    List<Path> files = new ArrayList<>(folder.logFiles());
    if (withSnapshot) {
      files.add(folder.snapshot().orElseThrow());
    }
    long bytes = files.stream().mapToLong(Folder::size).sum();
    double reading = Yardstick.reading(files).toNanos() / 1e9;
    double seconds = start(files);
    longest = Math.max(longest, seconds);
    System.out.printf(
        "RESULT restart with=%s records=%d mib=%.1f seconds=%.2f empty_seconds=%.2f"
            + " read_seconds=%.2f ratio_beyond_empty=%.1f%n",
        what,
        records,
        bytes / (double) (1 << 20),
        seconds,
        emptySeconds,
        reading,
        (seconds - emptySeconds) / reading);
  }

  /// Seconds until it serves.
  private double start(List<Path> files) throws IOException, InterruptedException {
    Yardstick.forget(files);
    long start = System.nanoTime();
    cluster.start(NODE);
    long end = start + PATIENCE.toNanos();
    try (Store store = target.connect()) {
      while (true) {
        try {
          var ignored = store.get(Bytes.of("none"), ReadPolicy.LINEARIZABLE);
          return (System.nanoTime() - start) / 1e9;
        } catch (DEngineException notYet) {
          if (System.nanoTime() > end) {
            throw new IllegalStateException("it does not serve within " + PATIENCE, notYet);
          }
          TimeUnit.MILLISECONDS.sleep(5);
        }
      }
    }
  }
}
