package dengine.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Whole clusters of the real engine under every fault, and the proof that mistakes are found.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SimulationTest {

  private static final int SEEDS = 100;
  private static final int MOST_SEEDS_PER_BUG = 100;
  private static final Logger ENGINE = Logger.getLogger("dengine");

  /// Nodes that die in every run have a lot to say.
  @BeforeEach
  void hush() {
    ENGINE.setLevel(Level.OFF);
  }

  @AfterEach
  void speak() {
    ENGINE.setLevel(null);
  }

  @Test
  void engineStaysRightUnderEveryFault() {
    long elections = 0;
    long answered = 0;
    long looks = 0;
    int undecided = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Simulation.Outcome outcome = run(seed);
      elections += outcome.elections();
      answered += outcome.answered();
      looks += outcome.looks();
      undecided += outcome.decided() ? 0 : 1;
    }
    System.out.printf(
        "simulated %d seeds: %d elections, %d answers, %d looks at a platter%n",
        SEEDS, elections, answered, looks);
    // A simulation in which nothing happens would pass too.
    assertThat(elections).isGreaterThan(2L * SEEDS);
    assertThat(answered).isGreaterThan(100L * SEEDS);
    assertThat(looks).isGreaterThan(SEEDS);
    assertThat(undecided).isLessThanOrEqualTo(SEEDS / 50);
  }

  private static Simulation.Outcome run(long seed) {
    Simulation simulation = new Simulation(Plan.of(seed), Clients::new);
    try {
      return simulation.run();
    } catch (RuntimeException | Error failure) {
      throw new AssertionError(
          "seed "
              + seed
              + " with "
              + simulation.knobs()
              + "; repeat: testkit/run simulate --seeds 1 --from "
              + seed
              + " --trace",
          failure);
    }
  }

  /// By what it does to clients or to states, or else with promises compared with the platter.
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      // The last one takes too many seeds for each build.
      names = {"NONE", "ONLY_THE_WRAPPING", "ELECTED_BY_THE_NEW_HALF"})
  void plantedBugIsFound(PlantedBug bug) {
    Optional<Violation> blind =
        find(bug, seed -> new Simulation(Plan.of(seed).with(bug).blind(), Clients::new));
    blind.ifPresent(found -> assertThat(found).hasMessageNotContaining("on disk"));
    if (blind.isEmpty()) {
      assertThat(find(bug, seed -> new Simulation(Plan.of(seed).with(bug), Clients::new)))
          .isPresent();
    }
  }

  @Test
  void whatBugsAreWrappedInIsNotTakenForOne() {
    PlantedBug none = PlantedBug.ONLY_THE_WRAPPING;
    assertThat(find(none, seed -> new Simulation(Plan.of(seed).with(none), Clients::new)))
        .isEmpty();
  }

  /// Before it can do any harm. Other seeds find the same bugs by what they did to a log.
  @ParameterizedTest
  @EnumSource(
      names = {
        "LOG_NEVER_SYNCS",
        "LOG_SYNCS_ONE_WRITE_LATE",
        "VOTE_NOT_WRITTEN",
        "TERM_NOT_WRITTEN",
        "DISK_LIES"
      })
  void brokenPromiseIsFoundOnThePlatter(PlantedBug bug) {
    LongFunction<Simulation> simulation =
        seed -> new Simulation(Plan.of(seed).with(bug), Clients::new);
    assertThat(find(bug, simulation, found -> found.getMessage().contains("on disk"))).isPresent();
  }

  private static Optional<Violation> find(PlantedBug bug, LongFunction<Simulation> simulation) {
    return find(bug, simulation, _ -> true);
  }

  private static Optional<Violation> find(
      PlantedBug bug, LongFunction<Simulation> simulation, Predicate<Violation> counts) {
    for (long seed = 1; seed <= MOST_SEEDS_PER_BUG; seed++) {
      try {
        simulation.apply(seed).run();
      } catch (Violation found) {
        System.out.printf(
            "%s found by seed %d: %s%n", bug, seed, found.getMessage().lines().findFirst().get());
        if (counts.test(found)) {
          return Optional.of(found);
        }
      }
    }
    return Optional.empty();
  }

  @Test
  void runsAreTheSameInEveryProcess() throws IOException, InterruptedException {
    List<Long> here =
        LongStream.rangeClosed(1, 10)
            .mapToObj(seed -> new Simulation(Plan.of(seed), Clients::new).run().trace())
            .toList();
    assertThat(here).doesNotHaveDuplicates();

    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classPath = System.getProperty("java.class.path");
    Process other =
        new ProcessBuilder(
                java,
                "-Xmx300m",
                "-cp",
                classPath,
                SimulationMain.class.getName(),
                "--seeds",
                "10",
                "--trace")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(other.waitFor()).isZero();

    for (long trace : here) {
      assertThat(printed).contains("trace=" + trace + ",");
    }
  }

  @Test
  void agendaRefusesASecondThread() throws InterruptedException {
    Agenda agenda = new Agenda();
    Throwable[] thrown = new Throwable[1];
    Thread stranger =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    agenda.in(1, () -> {});
                  } catch (IllegalStateException e) {
                    thrown[0] = e;
                  }
                });
    stranger.join();

    assertThat(thrown[0]).hasMessageContaining("second thread");
  }
}
