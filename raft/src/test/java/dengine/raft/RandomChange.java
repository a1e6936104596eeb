package dengine.raft;

import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// What operators of the [Simulation] ask for: sensible or not.
final class RandomChange {

  private RandomChange() {}

  /// @param harmless whether it may take away nobody, since a disk is being replaced
  static MembershipChange of(
      RandomGenerator random, Supplier<SimulatedNode> any, boolean harmless) {
    SimulatedNode node = any.get();
    int id = node.id();
    return switch (harmless ? 5 : random.nextInt(6)) {
      case 0, 1 -> {
        // Whoever adds it may not know its incarnation.
        long incarnation = random.nextBoolean() ? node.incarnation() : 0;
        int replaces = random.nextInt(4) == 0 ? any.get().id() : 0;
        yield new MembershipChange.Add(
            id, new Membership.Member("n" + id, incarnation, random.nextInt(5) == 0, replaces));
      }
      case 2 -> new MembershipChange.Promote(List.of(id));
      case 3 -> new MembershipChange.Demote(id);
      case 4 ->
          new MembershipChange.Remove(
              random.nextBoolean() ? List.of(id) : List.of(id, any.get().id()));
      default -> new MembershipChange.Readdress(id, "m" + random.nextInt(1000));
    };
  }
}
