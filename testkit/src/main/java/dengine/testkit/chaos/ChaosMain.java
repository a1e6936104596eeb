package dengine.testkit.chaos;

import dengine.testkit.process.ProcessCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// Three server processes, clients, and faults of every kind at the same time; then the judgement.
///
/// System properties: `dengine.launcher`, the script that starts a server; `dengine.directory`,
/// where data and logs go, a temporary folder if not given. Flags: see [ChaosOptions#usage].
public final class ChaosMain {

  static final String JVM_OPTIONS = "-ea -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";
  private static final Duration START_PATIENCE = Duration.ofMinutes(3);

  private ChaosMain() {}

  /// Exit code 0 if the run passed, 1 if not, 2 for a wrong flag.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ChaosOptions options;
    try {
      options = ChaosOptions.parse(arguments);
    } catch (IllegalArgumentException wrong) {
      System.err.println(wrong.getMessage());
      System.exit(2);
      return;
    }
    Path directory = directory();
    System.out.println("chaos: " + options + ", data and logs in " + directory);
    ChaosReport report;
    try (ProcessTarget target =
        new ProcessTarget(ProcessCluster.start(watched(setup(directory))))) {
      target.awaitServing(START_PATIENCE);
      report = new ChaosRun(target, options).run();
    }
    report.print(System.out);
    System.exit(report.passed() ? 0 : 1);
  }

  /// Servers that forget soon and have small buffers, so that watches end, and often tell that they
  /// live; unless the settings that were given say something of watches themselves.
  private static ProcessCluster.Setup watched(ProcessCluster.Setup setup) {
    String given = setup.settings();
    return given.contains("watch")
        ? setup
        : setup.with(
            setup.size(),
            given
                + """

                [raft.watch]
                event_queue_size = %d
                watcher_buffer_size = %d
                heartbeat_interval_ms = "1s"
                """
                    .formatted(Onlookers.HISTORY, Onlookers.BUFFER));
  }

  static ProcessCluster.Setup setup(Path directory) {
    Path launcher = Path.of(System.getProperty("dengine.launcher", "bin/dengine"));
    return new ProcessCluster.Setup(
        launcher.toAbsolutePath(),
        3,
        directory,
        System.getProperty("dengine.settings", ""),
        JVM_OPTIONS,
        true);
  }

  static Path directory() throws IOException {
    String given = System.getProperty("dengine.directory", "");
    return given.isEmpty() ? Files.createTempDirectory("dengine-chaos") : Path.of(given);
  }
}
