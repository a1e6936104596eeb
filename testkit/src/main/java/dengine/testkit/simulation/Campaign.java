package dengine.testkit.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Many runs, each in one thread, several at a time. Stops at the first that fails.
final class Campaign {

  /// @param plan what failed; running it again fails again
  /// @param knobs what was drawn for it
  record Failure(Plan plan, Knobs knobs, Throwable cause) {}

  private final Subject subject;
  private final Plan template;
  private final boolean twice;
  private final Totals totals = new Totals();
  private final AtomicLong next = new AtomicLong();
  private Consumer<Simulation.Outcome> listener = outcome -> {};
  private volatile @Nullable Failure failure;

  /// @param template what all runs have in common; the first has its seed
  /// @param twice whether each is run a second time and must do the same
  Campaign(Subject subject, Plan template, boolean twice) {
    this.subject = subject;
    this.template = template;
    this.twice = twice;
    next.set(template.seed());
  }

  /// Told of each run that passed, by the thread that ran it.
  Campaign telling(Consumer<Simulation.Outcome> whom) {
    listener = whom;
    return this;
  }

  Totals totals() {
    return totals;
  }

  /// Runs consecutive seeds.
  ///
  /// @return the failure with the smallest seed, if any
  Optional<Failure> run(long seeds, int threads) throws InterruptedException {
    long end = template.seed() + seeds;
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(Thread.ofPlatform().name("simulation-" + i).start(() -> work(end)));
    }
    for (Thread worker : workers) {
      worker.join();
    }
    return Optional.ofNullable(failure);
  }

  /// Runs consecutive seeds in this thread.
  Optional<Failure> runHere(long seeds) {
    work(template.seed() + seeds);
    return Optional.ofNullable(failure);
  }

  private void work(long end) {
    for (long seed = next.getAndIncrement();
        seed < end && failure == null;
        seed = next.getAndIncrement()) {
      Plan plan = template.seed(seed);
      Simulation simulation = new Simulation(plan, subject);
      try {
        Simulation.Outcome outcome = simulation.run();
        if (twice) {
          compare(outcome, new Simulation(plan, subject).run());
        }
        totals.add(outcome);
        listener.accept(outcome);
      } catch (RuntimeException | Error cause) {
        fail(new Failure(plan, simulation.knobs(), cause));
      }
    }
  }

  private static void compare(Simulation.Outcome first, Simulation.Outcome second) {
    if (first.trace() != second.trace()) {
      throw new Violation("the same seed did something else: " + first + ", then " + second);
    }
  }

  private synchronized void fail(Failure next) {
    Failure known = failure;
    if (known == null || next.plan.seed() < known.plan.seed()) {
      failure = next;
    }
  }
}
