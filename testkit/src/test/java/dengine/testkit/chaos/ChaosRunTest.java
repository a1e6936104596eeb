package dengine.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.testkit.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The chaos run on engines of this JVM, where it is quick; and the proof that it would notice.
@Timeout(300)
class ChaosRunTest {

  private static final Duration DEADLINE = Duration.ofSeconds(2);

  @TempDir Path directory;

  @Test
  void enginesThatDieAndLoseEachOtherStayLinearizable() throws InterruptedException {
    ChaosReport report = run(ChaosOptions.DEFAULT.withSeconds(12).withMinimum(3, 2_000, 2_000, 1));

    assertThat(report.failures()).as("%s", report.lines()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"STALE_READ", "LOST_WRITE", "DOUBLE_WRITE"})
  void aStoreThatLiesIsFound(ChaosOptions.Lie lie) throws InterruptedException {
    ChaosReport report =
        run(ChaosOptions.DEFAULT.withSeconds(3).withMinimum(0, 100, 0, 0).withLie(lie));

    assertThat(report.failures()).as("%s", report.lines()).isNotEmpty();
    assertThat(report.failures().getFirst()).contains("Violation");
    if (lie != ChaosOptions.Lie.STALE_READ) {
      assertThat(report.failures()).as("watches too").anyMatch(f -> f.startsWith("watch: "));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST_EVENT", "REPEATED_EVENT", "HIDDEN_OVERFLOW"})
  void aWatchThatLiesIsFound(ChaosOptions.Lie lie) throws InterruptedException {
    ChaosReport report =
        run(ChaosOptions.DEFAULT.withSeconds(3).withMinimum(0, 100, 0, 0).withLie(lie));

    String kind =
        switch (lie) {
          case LOST_EVENT -> "watch: GAP";
          case REPEATED_EVENT -> "watch: DUPLICATE";
          default -> "watch: SILENCE";
        };
    assertThat(report.failures()).as("%s", report.lines()).isNotEmpty();
    assertThat(report.failures()).allMatch(failure -> failure.startsWith("watch: "));
    assertThat(report.failures()).anyMatch(failure -> failure.startsWith(kind));
  }

  private ChaosReport run(ChaosOptions options) throws InterruptedException {
    Cluster.Setup setup = Cluster.of(3).config(config -> config.withDeadline(DEADLINE));
    try (Target target = new MemoryTarget(setup.start(directory), DEADLINE)) {
      return new ChaosRun(target, options).run();
    }
  }
}
