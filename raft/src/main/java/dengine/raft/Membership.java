package dengine.raft;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// Who takes part. While `outgoing` is not empty the configuration is joint (§6): elections,
/// commits, reads and leases then need a majority of `voters` **and** a majority of `outgoing`.
///
/// @param voters ids of the (incoming) voters, ascending, at least one
/// @param outgoing ids of the voters being left behind, ascending; empty unless joint
/// @param learners ids of the members that receive the log but have no vote, ascending; disjoint
///     from both voter sets
public record Membership(List<Integer> voters, List<Integer> outgoing, List<Integer> learners) {

  public Membership {
    voters = sorted(voters);
    outgoing = sorted(outgoing);
    learners = sorted(learners);
    if (voters.isEmpty()) {
      throw new IllegalArgumentException("a membership needs at least one voter");
    }
    for (int learner : learners) {
      if (voters.contains(learner) || outgoing.contains(learner)) {
        throw new IllegalArgumentException("node " + learner + " is both voter and learner");
      }
    }
  }

  /// A plain configuration of voters.
  public static Membership of(Collection<Integer> voters) {
    return new Membership(List.copyOf(voters), List.of(), List.of());
  }

  /// A plain configuration of voters.
  public static Membership of(Integer... voters) {
    return of(List.of(voters));
  }

  /// Whether two majorities are needed.
  public boolean isJoint() {
    return !outgoing.isEmpty();
  }

  /// Whether the node has a vote in either half.
  public boolean isVoter(int id) {
    return voters.contains(id) || outgoing.contains(id);
  }

  /// Every member: voters of both halves and learners, ascending.
  public List<Integer> members() {
    TreeSet<Integer> all = new TreeSet<>(voters);
    all.addAll(outgoing);
    all.addAll(learners);
    return List.copyOf(all);
  }

  private static List<Integer> sorted(List<Integer> ids) {
    TreeSet<Integer> set = new TreeSet<>(ids);
    if (set.size() != ids.size()) {
      throw new IllegalArgumentException("duplicate node id in " + ids);
    }
    if (!set.isEmpty() && set.getFirst() < 1) {
      throw new IllegalArgumentException("node ids start at 1: " + ids);
    }
    return List.copyOf(set);
  }
}
