package dengine.testkit.simulation;

import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Runs the simulator from the command line: `--seeds N` runs from seed `--from S` (1) on, `--bug
/// NAME` with a planted bug, `--blind` without looking at disks. Prints what the first failing run
/// was and how to repeat it.
public final class SimulationMain {

  /// Held, so that its level is kept.
  private static final Logger ENGINE = Logger.getLogger("dengine");

  private SimulationMain() {}

  /// Exit code 0 if all runs passed, 1 if one failed, 2 for a wrong flag.
  public static void main(String[] arguments) {
    int seeds = 200;
    long from = 1;
    PlantedBug bug = PlantedBug.NONE;
    boolean trace = false;
    boolean blind = false;
    try {
      for (int i = 0; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "--seeds" -> seeds = Integer.parseInt(arguments[++i]);
          case "--from" -> from = Long.parseLong(arguments[++i]);
          case "--bug" -> bug = PlantedBug.valueOf(arguments[++i].toUpperCase(Locale.ROOT));
          case "--trace" -> trace = true;
          case "--blind" -> blind = true;
          default -> throw new IllegalArgumentException(arguments[i]);
        }
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException wrong) {
      System.err.println(
          "cannot read "
              + wrong.getMessage()
              + "; flags: --seeds N --from S --bug NAME --blind --trace");
      System.exit(2);
    }
    ENGINE.setLevel(trace ? Level.ALL : Level.OFF);
    System.exit(run(seeds, from, bug, blind, trace) ? 0 : 1);
  }

  private static boolean run(int seeds, long from, PlantedBug bug, boolean blind, boolean each) {
    long start = System.nanoTime();
    double simulated = 0;
    long answered = 0;
    long looks = 0;
    long elections = 0;
    int undecided = 0;
    for (long seed = from; seed < from + seeds; seed++) {
      Simulation simulation = new Simulation(seed, bug);
      if (blind) {
        simulation = simulation.ignoringDisks();
      }
      try {
        Simulation.Outcome outcome = simulation.run();
        simulated += outcome.nanos() / 1e9 * simulation.knobs().nodes();
        answered += outcome.answered();
        looks += outcome.looks();
        elections += outcome.elections();
        undecided += outcome.decided() ? 0 : 1;
        if (each) {
          System.out.println(outcome);
        }
      } catch (RuntimeException | Error failure) {
        failure.printStackTrace(System.out);
        System.out.println(simulation.knobs());
        System.out.println("FAILED: repeat with --from " + seed + " --seeds 1 --trace");
        return false;
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%d seeds in %.1f s (%.0f a minute), %.1f node-hours simulated, %.0f times real time,"
            + " %d elections, %d answers, %d looks at a platter, %d searches undecided%nPASSED%n",
        seeds,
        seconds,
        seeds * 60 / seconds,
        simulated / 3600,
        simulated / seconds,
        elections,
        answered,
        looks,
        undecided);
    return true;
  }
}
