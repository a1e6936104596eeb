package dengine.testkit.simulation;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/// What is run: everything follows from the seed, less what a smaller run leaves out.
///
/// @param seed all randomness comes from it
/// @param bug what was planted
/// @param looksAtDisks whether promises are compared with the platter when they leave; a planted
///     bug may be asked to show by what it does to users
/// @param nodes how many there are, if not drawn
/// @param clients how many there are, if not drawn
/// @param horizon how long there is trouble, in election timeouts
/// @param without the kinds of trouble that are left out
record Plan(
    long seed,
    PlantedBug bug,
    boolean looksAtDisks,
    OptionalInt nodes,
    OptionalInt clients,
    int horizon,
    Set<Trouble> without) {

  static final int HORIZON = 40;

  Plan {
    without = without.isEmpty() ? EnumSet.noneOf(Trouble.class) : EnumSet.copyOf(without);
  }

  static Plan of(long seed) {
    return new Plan(
        seed,
        PlantedBug.NONE,
        true,
        OptionalInt.empty(),
        OptionalInt.empty(),
        HORIZON,
        EnumSet.noneOf(Trouble.class));
  }

  Plan seed(long other) {
    return new Plan(other, bug, looksAtDisks, nodes, clients, horizon, without);
  }

  Plan with(PlantedBug planted) {
    return new Plan(seed, planted, looksAtDisks, nodes, clients, horizon, without);
  }

  Plan blind() {
    return new Plan(seed, bug, false, nodes, clients, horizon, without);
  }

  Plan nodes(int number) {
    return new Plan(seed, bug, looksAtDisks, OptionalInt.of(number), clients, horizon, without);
  }

  Plan clients(int number) {
    return new Plan(seed, bug, looksAtDisks, nodes, OptionalInt.of(number), horizon, without);
  }

  Plan horizon(int timeouts) {
    return new Plan(seed, bug, looksAtDisks, nodes, clients, timeouts, without);
  }

  Plan without(Trouble kind) {
    EnumSet<Trouble> less = EnumSet.copyOf(without);
    less.add(kind);
    return new Plan(seed, bug, looksAtDisks, nodes, clients, horizon, less);
  }

  boolean has(Trouble kind) {
    return !without.contains(kind);
  }

  /// The same plan with these flags, as [#flags] writes them.
  ///
  /// @throws IllegalArgumentException if there is no such flag, or it has no such value
  Plan like(List<String> flags) {
    Plan plan = this;
    for (int i = 0; i < flags.size(); i += 2) {
      if (flags.get(i).equals("--blind")) {
        plan = plan.blind();
        i--;
      } else if (i + 1 == flags.size()) {
        throw new IllegalArgumentException(flags.get(i));
      } else {
        plan = plan.with(flags.get(i), flags.get(i + 1));
      }
    }
    return plan;
  }

  /// @throws IllegalArgumentException if there is no such flag, or it has no such value
  Plan with(String flag, String value) {
    return switch (flag) {
      case "--from" -> seed(Long.parseLong(value));
      case "--nodes" -> nodes(Integer.parseInt(value));
      case "--clients" -> clients(Integer.parseInt(value));
      case "--horizon" -> horizon(Integer.parseInt(value));
      case "--bug" -> with(PlantedBug.valueOf(value.toUpperCase(Locale.ROOT)));
      case "--without" -> {
        Plan less = this;
        for (String name : value.split(",", -1)) {
          less = less.without(Trouble.valueOf(name.toUpperCase(Locale.ROOT)));
        }
        yield less;
      }
      default -> throw new IllegalArgumentException(flag);
    };
  }

  /// The flags that make this plan.
  String flags() {
    StringBuilder flags = new StringBuilder("--from " + seed);
    if (bug != PlantedBug.NONE) {
      flags.append(" --bug ").append(bug.name().toLowerCase(Locale.ROOT));
    }
    if (!looksAtDisks) {
      flags.append(" --blind");
    }
    nodes.ifPresent(number -> flags.append(" --nodes ").append(number));
    clients.ifPresent(number -> flags.append(" --clients ").append(number));
    if (horizon != HORIZON) {
      flags.append(" --horizon ").append(horizon);
    }
    if (!without.isEmpty()) {
      flags.append(" --without ");
      flags.append(
          without.stream()
              .map(kind -> kind.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(",")));
    }
    return flags.toString();
  }
}
