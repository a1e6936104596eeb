package dengine.raft;

import java.util.List;

/// What an operator may ask of a leader. Each becomes one entry of the log if no vote changes
/// hands, and otherwise a joint configuration (§6) followed by one that leaves it.
public sealed interface MembershipChange {

  /// A node joins as a learner. One that is a member already and comes with another incarnation has
  /// lost its disk: it loses its vote, if it has one, and becomes a learner like any other.
  ///
  /// @param id of the node
  /// @param member what is known of it; where `replaces` is not 0, that member leaves in the same
  ///     step in which this one is promoted
  record Add(int id, Membership.Member member) implements MembershipChange {}

  /// Learners get votes, all at once.
  record Promote(List<Integer> ids) implements MembershipChange {
    public Promote {
      ids = List.copyOf(ids);
    }
  }

  /// A voter stays as a learner.
  record Demote(int id) implements MembershipChange {}

  /// Members leave, all at once.
  record Remove(List<Integer> ids) implements MembershipChange {
    public Remove {
      ids = List.copyOf(ids);
    }
  }

  /// A member is reached elsewhere from now on.
  record Readdress(int id, String address) implements MembershipChange {}
}
