package dengine.embedded;

import dengine.api.Leader;
import dengine.api.Member;
import dengine.engine.Node;
import dengine.raft.RoleChange;
import java.util.List;
import java.util.Optional;

/// Who takes part and where, as this node knows it.
final class Members {

  private final Node node;
  private final List<MemberAddress> members;

  Members(Node node, List<MemberAddress> members) {
    this.node = node;
    this.members = members;
  }

  String address(int id) {
    return members.stream()
        .filter(member -> member.id() == id)
        .map(MemberAddress::address)
        .findFirst()
        .orElse("");
  }

  List<Member> list() {
    RoleChange now = node.role();
    return members.stream().map(m -> new Member(m.id(), m.address(), roleOf(m, now))).toList();
  }

  /// Announced only when it serves: a new leader that has not yet applied what was committed before
  /// its term is none.
  Optional<Leader> leader() {
    RoleChange now = node.role();
    boolean serves = now.leader() != 0 && (now.leader() != node.id() || node.isLeading());
    return serves
        ? Optional.of(new Leader(now.leader(), address(now.leader()), now.term()))
        : Optional.empty();
  }

  private Member.Role roleOf(MemberAddress member, RoleChange now) {
    if (member.id() == now.leader()) {
      return Member.Role.LEADER;
    }
    if (member.learner()) {
      return Member.Role.LEARNER;
    }
    boolean campaigns =
        now.role() == RoleChange.Kind.CANDIDATE || now.role() == RoleChange.Kind.PRE_CANDIDATE;
    return member.id() == node.id() && campaigns ? Member.Role.CANDIDATE : Member.Role.FOLLOWER;
  }
}
