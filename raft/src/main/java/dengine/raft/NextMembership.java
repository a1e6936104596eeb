package dengine.raft;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/// The configuration that a change leads to, or why there is none. Arithmetic only: whether enough
/// members are alive for it is asked elsewhere.
///
/// @param membership what to append, joint if a vote changes hands; meaningless with a refusal
record NextMembership(Membership membership, Optional<Refusal> refusal) {

  /// What a change makes of a configuration that is not joint.
  static NextMembership after(Membership present, MembershipChange change) {
    return new Draft(present).apply(change);
  }

  /// What a joint configuration becomes when it is left.
  static Membership left(Membership joint) {
    TreeSet<Integer> learners = new TreeSet<>(joint.learners());
    learners.addAll(joint.demoted());
    TreeMap<Integer, Membership.Member> details = new TreeMap<>(joint.details());
    details.keySet().removeIf(id -> !joint.voters().contains(id) && !learners.contains(id));
    return new Membership(joint.voters(), List.of(), List.copyOf(learners), List.of(), details);
  }

  private static NextMembership refused(Refusal why) {
    return new NextMembership(Membership.NONE, Optional.of(why));
  }

  private static NextMembership invalid(String why) {
    return refused(new Refusal.Invalid(why));
  }

  private static final class Draft {
    private final Membership present;
    private final TreeSet<Integer> voters;
    private final TreeSet<Integer> learners;
    private final TreeMap<Integer, Membership.Member> details;

    Draft(Membership present) {
      this.present = present;
      this.voters = new TreeSet<>(present.voters());
      this.learners = new TreeSet<>(present.learners());
      this.details = new TreeMap<>(present.details());
    }

    NextMembership apply(MembershipChange change) {
      return switch (change) {
        case MembershipChange.Add(int id, Membership.Member member) -> add(id, member);
        case MembershipChange.Promote(List<Integer> ids) -> promote(ids);
        case MembershipChange.Demote(int id) -> demote(id);
        case MembershipChange.Remove(List<Integer> ids) -> remove(ids);
        case MembershipChange.Readdress(int id, String address) -> readdress(id, address);
      };
    }

    private NextMembership add(int id, Membership.Member member) {
      if (id < 1) {
        return invalid("node id " + id + ", permitted: 1 or more");
      }
      Optional<Refusal> tooLong = whyTooLong(id, member.address());
      if (tooLong.isPresent()) {
        return refused(tooLong.get());
      }
      if (member.replaces() != 0
          && (member.replaces() == id || !present.isMember(member.replaces()))) {
        return invalid(
            "node "
                + id
                + " cannot replace node "
                + member.replaces()
                + ", which is no other member");
      }
      Optional<Integer> other = holderOf(member.address(), id);
      if (other.isPresent()) {
        return invalid(member.address() + " is the address of node " + other.get());
      }
      Membership.Member known = present.member(id);
      boolean sameDisk = member.incarnation() == 0 || member.incarnation() == known.incarnation();
      if (!present.isMember(id)) {
        learners.add(id);
        details.put(id, member);
      } else if (sameDisk && voters.contains(id)) {
        if (member.readOnly() || member.replaces() != 0) {
          return invalid("node " + id + " is a voter");
        }
        details.put(id, merged(known, member));
      } else if (sameDisk) {
        details.put(id, merged(known, member));
      } else {
        voters.remove(id);
        learners.add(id);
        details.put(id, merged(known, member));
      }
      return result();
    }

    private static Membership.Member merged(Membership.Member known, Membership.Member member) {
      return new Membership.Member(
          member.address().isEmpty() ? known.address() : member.address(),
          member.incarnation() == 0 ? known.incarnation() : member.incarnation(),
          member.readOnly(),
          member.replaces());
    }

    private NextMembership promote(List<Integer> ids) {
      for (int id : ids) {
        if (voters.contains(id)) {
          continue; // asked for twice
        }
        if (!learners.contains(id)) {
          return invalid("node " + id + " is not a member");
        }
        Membership.Member member = present.member(id);
        learners.remove(id);
        voters.add(id);
        if (member.replaces() != 0) {
          voters.remove(member.replaces());
          learners.remove(member.replaces());
        }
        // Whoever is promoted by hand need not have been meant to be.
        details.put(id, new Membership.Member(member.address(), member.incarnation(), false, 0));
      }
      return result();
    }

    private NextMembership demote(int id) {
      if (learners.contains(id)) {
        return result();
      }
      if (!voters.remove(id)) {
        return invalid("node " + id + " is not a member");
      }
      learners.add(id);
      // Or it would be promoted again in a moment.
      Membership.Member known = present.member(id);
      details.put(id, new Membership.Member(known.address(), known.incarnation(), true, 0));
      return result();
    }

    private NextMembership remove(List<Integer> ids) {
      for (int id : ids) {
        if (!voters.remove(id) && !learners.remove(id)) {
          return invalid("node " + id + " is not a member");
        }
      }
      return result();
    }

    private NextMembership readdress(int id, String address) {
      if (!present.isMember(id)) {
        return invalid("node " + id + " is not a member");
      }
      Optional<Refusal> tooLong = whyTooLong(id, address);
      if (tooLong.isPresent()) {
        return refused(tooLong.get());
      }
      Optional<Integer> other = holderOf(address, id);
      if (other.isPresent()) {
        return invalid(address + " is the address of node " + other.get());
      }
      Membership.Member known = present.member(id);
      details.put(
          id,
          new Membership.Member(address, known.incarnation(), known.readOnly(), known.replaces()));
      return result();
    }

    private static Optional<Refusal> whyTooLong(int id, String address) {
      int bytes = address.getBytes(StandardCharsets.UTF_8).length;
      return bytes <= Membership.MAX_ADDRESS_BYTES
          ? Optional.empty()
          : Optional.of(
              new Refusal.Invalid(
                  "the address of node %d has %d bytes, permitted: %d"
                      .formatted(id, bytes, Membership.MAX_ADDRESS_BYTES)));
    }

    private Optional<Integer> holderOf(String address, int except) {
      return address.isEmpty()
          ? Optional.empty()
          : present.members().stream()
              .filter(id -> id != except && present.member(id).address().equals(address))
              .findFirst();
    }

    private NextMembership result() {
      if (voters.isEmpty()) {
        return refused(new Refusal.WouldLoseQuorum("no voter would be left"));
      }
      int members = voters.size() + learners.size();
      if (members > Membership.MAX_MEMBERS) {
        return invalid(members + " members, permitted: " + Membership.MAX_MEMBERS);
      }
      // Whoever waited to take the place of one that is gone is a learner like others.
      details.replaceAll(
          (id, member) ->
              member.replaces() == 0 || stays(member.replaces())
                  ? member
                  : new Membership.Member(
                      member.address(), member.incarnation(), member.readOnly(), 0));
      List<Integer> before = present.voters();
      if (List.copyOf(voters).equals(before)) {
        details.keySet().removeIf(id -> !stays(id));
        return done(new Membership(before, List.of(), List.copyOf(learners), List.of(), details));
      }
      List<Integer> demoted = new ArrayList<>(learners);
      demoted.retainAll(before);
      List<Integer> others = new ArrayList<>(learners);
      others.removeAll(before);
      details.keySet().removeIf(id -> !stays(id) && !before.contains(id));
      return done(new Membership(List.copyOf(voters), before, others, demoted, details));
    }

    private boolean stays(int id) {
      return voters.contains(id) || learners.contains(id);
    }

    private static NextMembership done(Membership membership) {
      return new NextMembership(membership, Optional.empty());
    }
  }
}
