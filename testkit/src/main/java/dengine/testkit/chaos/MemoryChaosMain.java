package dengine.testkit.chaos;

import dengine.testkit.cluster.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// The chaos run on engines of this JVM, for long runs without processes. Flags: see
/// [ChaosOptions#usage].
public final class MemoryChaosMain {

  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private MemoryChaosMain() {}

  /// Exit code 0 if the run passed, 1 if not.
  public static void main(String[] arguments) throws IOException, InterruptedException {
    ChaosOptions options = ChaosOptions.parse(arguments);
    Path directory = Files.createTempDirectory("dengine-chaos");
    Cluster.Setup setup = Cluster.of(3).config(config -> config.withDeadline(DEADLINE));
    ChaosReport report;
    try (Target target = new MemoryTarget(setup.start(directory), DEADLINE)) {
      report = new ChaosRun(target, options).run();
    }
    report.print(System.out);
    System.out.println("data in " + directory);
    System.exit(report.passed() ? 0 : 1);
  }
}
