package dengine.testkit.simulation;

import java.util.Optional;
import java.util.OptionalInt;

/// Looks for the smallest run that still fails: fewer nodes, fewer kinds of trouble, fewer clients,
/// a shorter time. What is left out changes the course of what remains, so each smaller plan is
/// tried with several seeds.
final class Shrinker {

  private static final int SEEDS_EACH = 12;

  private final Subject subject;

  Shrinker(Subject subject) {
    this.subject = subject;
  }

  /// A plan that fails like the given one, and from which nothing more can be taken.
  ///
  /// @param failing fails
  Plan shrink(Plan failing) {
    Plan smallest = failing;
    for (int nodes : new int[] {1, 2, 3, 4}) {
      Optional<Plan> less = failing(smallest.nodes(nodes));
      if (less.isPresent()) {
        smallest = less.get();
        break;
      }
    }
    for (Trouble kind : Trouble.values()) {
      smallest = failing(smallest.without(kind)).orElse(smallest);
    }
    for (int clients : new int[] {1, 2, 4}) {
      Optional<Plan> less = failing(smallest.clients(clients));
      if (less.isPresent()) {
        smallest = less.get();
        break;
      }
    }
    return shorten(smallest);
  }

  /// Halves the time of trouble as long as it still fails.
  private Plan shorten(Plan failing) {
    Plan shortest = failing;
    for (int horizon = failing.horizon() / 2; horizon > 0; horizon /= 2) {
      Optional<Plan> less = failing(shortest.horizon(horizon));
      if (less.isEmpty()) {
        break;
      }
      shortest = less.get();
    }
    return shortest;
  }

  private Optional<Plan> failing(Plan smaller) {
    for (int i = 0; i < SEEDS_EACH; i++) {
      Plan tried = smaller.seed(smaller.seed() + i);
      try {
        Simulation.Outcome _ = new Simulation(tried, subject).run();
      } catch (RuntimeException | Error failure) {
        return Optional.of(tried);
      }
    }
    return Optional.empty();
  }

  /// How much smaller a plan is, for people.
  static String describe(Plan plan) {
    OptionalInt nodes = plan.nodes();
    return "%s nodes, %s clients, %d election timeouts, %d of %d kinds of trouble"
        .formatted(
            nodes.isPresent() ? nodes.getAsInt() : "any",
            plan.clients().isPresent() ? plan.clients().getAsInt() : "any",
            plan.horizon(),
            Trouble.values().length - plan.without().size(),
            Trouble.values().length);
  }
}
