package dengine.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Runs the simulator from the command line. Prints what the first failing run was and how to
/// repeat it.
public final class SimulationMain {

  private static final String FLAGS =
      """
      --seeds N          how many runs (200)
      --from S           the first seed (1)
      --threads N        how many runs at a time (1)
      --twice            runs each seed twice; both must do the same
      --marks            fails unless each rare event happened at least once
      --bug NAME         plants a bug; 'all' looks for each of them, in at most --seeds runs
      --blind            without comparing promises with what is on disk
      --nodes N --clients N --horizon TIMEOUTS --without KIND,KIND
                         a smaller run
      --shrink           looks for the smallest run that still fails
      --trace            with what the nodes log, and the outcome of each run
      """;

  private static final String NOT_FOUND = "-";

  /// Held, so that its level is kept.
  private static final Logger ENGINE = Logger.getLogger("dengine");

  private Plan plan = Plan.of(1);
  private long seeds = 200;
  private int threads = 1;
  private boolean twice;
  private boolean marks;
  private boolean everyBug;
  private boolean shrinks;
  private boolean trace;

  private SimulationMain() {}

  /// Exit code 0 if all runs passed, 1 if one failed, 2 for a wrong flag.
  public static void main(String[] arguments) throws InterruptedException {
    SimulationMain main = new SimulationMain();
    try {
      main.read(List.of(arguments));
    } catch (IllegalArgumentException wrong) {
      System.err.println("cannot read " + wrong.getMessage() + "; there are\n" + FLAGS);
      System.exit(2);
    }
    ENGINE.setLevel(main.trace ? Level.ALL : Level.OFF);
    boolean passed = main.everyBug ? main.hunt() : main.run();
    System.out.println(passed ? "PASSED" : "FAILED");
    System.exit(passed ? 0 : 1);
  }

  private void read(List<String> arguments) {
    List<String> rest = new ArrayList<>(arguments);
    while (!rest.isEmpty()) {
      String flag = rest.removeFirst();
      switch (flag) {
        case "--twice" -> twice = true;
        case "--marks" -> marks = true;
        case "--shrink" -> shrinks = true;
        case "--trace" -> trace = true;
        case "--blind" -> plan = plan.blind();
        default -> {
          if (rest.isEmpty()) {
            throw new IllegalArgumentException(flag);
          }
          read(flag, rest.removeFirst());
        }
      }
    }
  }

  private void read(String flag, String value) {
    switch (flag) {
      case "--seeds" -> seeds = Long.parseLong(value);
      case "--threads" -> threads = Integer.parseInt(value);
      case "--bug" -> {
        everyBug = value.equals("all");
        if (!everyBug) {
          plan = plan.with(flag, value);
        }
      }
      default -> plan = plan.with(flag, value);
    }
  }

  private boolean run() throws InterruptedException {
    Campaign campaign = new Campaign(Clients::new, plan, twice);
    if (trace) {
      campaign = campaign.telling(System.out::println);
    }
    Optional<Campaign.Failure> failure = campaign.run(seeds, threads);
    if (failure.isPresent()) {
      explain(failure.get());
      return false;
    }
    System.out.print(campaign.totals().report());
    List<String> missing = campaign.totals().missing();
    if (marks && !missing.isEmpty()) {
      System.out.println("never happened: " + missing);
      return false;
    }
    return true;
  }

  private void explain(Campaign.Failure failure) {
    failure.cause().printStackTrace(System.out);
    System.out.println(failure.knobs());
    System.out.println("commit " + System.getProperty("dengine.commit", "unknown"));
    System.out.println(
        "repeat: testkit/run simulate " + failure.plan().flags() + " --seeds 1 --trace");
    if (shrinks) {
      ENGINE.setLevel(Level.OFF);
      Plan smallest = new Shrinker(Clients::new).shrink(failure.plan());
      System.out.println("smallest run found: " + Shrinker.describe(smallest));
      System.out.println("repeat: testkit/run simulate " + smallest.flags() + " --seeds 1 --trace");
    }
  }

  /// Each planted bug must be found; says after how many seeds, by what it does to users or states,
  /// and with promises compared with the platter.
  private boolean hunt() throws InterruptedException {
    Plan harmless = plan.with(PlantedBug.ONLY_THE_WRAPPING);
    Optional<Campaign.Failure> wrapping = campaign(harmless);
    if (wrapping.isPresent()) {
      explain(wrapping.get());
      return false;
    }
    int missed = 0;
    int bugs = 0;
    System.out.println("| planted bug | by what it does | with looks at the platter |");
    System.out.println("|---|---|---|");
    for (PlantedBug bug : PlantedBug.values()) {
      if (bug.isMistake()) {
        String blind = seedsUntilFound(plan.with(bug).blind());
        String looking = seedsUntilFound(plan.with(bug));
        System.out.printf("| %s | %s | %s |%n", bug, blind, looking);
        missed += looking.equals(NOT_FOUND) && blind.equals(NOT_FOUND) ? 1 : 0;
        bugs++;
      }
    }
    System.out.println(bugs + " planted bugs, " + missed + " missed within " + seeds + " seeds");
    return missed == 0;
  }

  private Optional<Campaign.Failure> campaign(Plan first) throws InterruptedException {
    return new Campaign(Clients::new, first, false).run(seeds * first.bug().rarity(), threads);
  }

  private String seedsUntilFound(Plan first) throws InterruptedException {
    Optional<Campaign.Failure> found = campaign(first);
    if (found.isEmpty()) {
      return NOT_FOUND;
    }
    if (!(found.get().cause() instanceof Violation)) {
      throw new IllegalStateException("broken by " + first.flags(), found.get().cause());
    }
    return String.valueOf(found.get().plan().seed() - first.seed() + 1);
  }
}
