package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Which configuration each change leads to, and what is refused with which words.
final class NextMembershipTest {

  private static final Membership.Member OWN = new Membership.Member("n4", 40, false, 0);

  /// Voters 1, 2, 3; learner 4 with everything known about it, read-only learner 5.
  private static Membership present() {
    return new Membership(List.of(1, 2, 3), List.of(), List.of(4, 5))
        .withDetails(
            Map.of(
                1, new Membership.Member("n1", 10, false, 0),
                3, new Membership.Member("n3", 30, false, 0),
                4, OWN,
                5, new Membership.Member("n5", 50, true, 0)));
  }

  private static Membership after(MembershipChange change) {
    NextMembership next = NextMembership.after(present(), change);
    assertThat(next.refusal()).isEmpty();
    return next.membership();
  }

  private static MembershipChange add(int id, String address, long incarnation, int replaces) {
    return new MembershipChange.Add(
        id, new Membership.Member(address, incarnation, false, replaces));
  }

  private static void refused(MembershipChange change, String why) {
    assertThat(NextMembership.after(present(), change).refusal())
        .contains(new Refusal.Invalid(why));
  }

  @Test
  void whoIsAddedIsALearner() {
    Membership next = after(add(6, "n6", 60, 2));

    assertThat(next.isJoint()).isFalse();
    assertThat(next.voters()).containsExactly(1, 2, 3);
    assertThat(next.learners()).containsExactly(4, 5, 6);
    assertThat(next.member(6)).isEqualTo(new Membership.Member("n6", 60, false, 2));
  }

  @Test
  void aMemberThatIsAddedAgainWithTheSameDiskStaysWhatItIs() {
    assertThat(after(add(3, "", 30, 0))).isEqualTo(present());
    assertThat(after(add(4, "", 0, 0))).isEqualTo(present());
    assertThat(after(add(3, "elsewhere", 0, 0)).member(3))
        .isEqualTo(new Membership.Member("elsewhere", 30, false, 0));
    assertThat(after(add(4, "", 0, 2)).member(4))
        .isEqualTo(new Membership.Member("n4", 40, false, 2));
    refused(add(3, "", 0, 2), "node 3 is a voter");
  }

  @Test
  void aVoterWithAnotherDiskBecomesALearner() {
    Membership next = after(add(3, "", 31, 0));

    assertThat(next.voters()).containsExactly(1, 2);
    assertThat(next.outgoing()).containsExactly(1, 2, 3);
    assertThat(next.demoted()).containsExactly(3);
    assertThat(next.learners()).containsExactly(4, 5);
    assertThat(next.member(3)).isEqualTo(new Membership.Member("n3", 31, false, 0));
    Membership left = NextMembership.left(next);
    assertThat(left.voters()).containsExactly(1, 2);
    assertThat(left.learners()).containsExactly(3, 4, 5);
    assertThat(left.member(3).incarnation()).isEqualTo(31);
  }

  @Test
  void aLearnerWithAnotherDiskStaysALearner() {
    Membership next = after(add(4, "", 41, 0));

    assertThat(next.isJoint()).isFalse();
    assertThat(next.learners()).containsExactly(4, 5);
    assertThat(next.member(4).incarnation()).isEqualTo(41);
  }

  @Test
  void anAdditionThatMakesNoSenseIsRefused() {
    refused(add(0, "", 0, 0), "node id 0, permitted: 1 or more");
    refused(add(6, "", 0, 6), "node 6 cannot replace node 6, which is no other member");
    refused(add(6, "", 0, 9), "node 6 cannot replace node 9, which is no other member");
    refused(add(6, "n3", 0, 0), "n3 is the address of node 3");
    refused(
        add(6, "x".repeat(1025), 0, 0), "the address of node 6 has 1025 bytes, permitted: 1024");
  }

  @Test
  void noMoreMembersAreAddedThanCanBeRead() {
    List<Integer> learners = IntStream.rangeClosed(2, 1024).boxed().toList();
    Membership full = new Membership(List.of(1), List.of(), learners);
    assertThat(Membership.decode(full.encode())).isEqualTo(full);

    assertThat(NextMembership.after(full, add(2000, "", 0, 0)).refusal())
        .contains(new Refusal.Invalid("1025 members, permitted: 1024"));
  }

  @Test
  void whoIsPromotedVotesBesideTheOthersUntilTheJointConfigurationIsLeft() {
    Membership next = after(new MembershipChange.Promote(List.of(4, 5)));

    assertThat(next.voters()).containsExactly(1, 2, 3, 4, 5);
    assertThat(next.outgoing()).containsExactly(1, 2, 3);
    assertThat(next.learners()).isEmpty();
    assertThat(next.member(5).readOnly()).as("wanted after all").isFalse();
    assertThat(NextMembership.left(next).voters()).containsExactly(1, 2, 3, 4, 5);
    assertThat(NextMembership.left(next).details()).isEqualTo(next.details());
  }

  @Test
  void whoReplacesAMemberTakesItsPlaceInOneStep() {
    Membership replacing =
        new Membership(List.of(1, 2, 3), List.of(), List.of(4, 5))
            .withDetails(
                Map.of(
                    4, new Membership.Member("", 40, false, 2),
                    5, new Membership.Member("", 50, false, 2)));

    Membership next =
        NextMembership.after(replacing, new MembershipChange.Promote(List.of(4))).membership();

    assertThat(next.voters()).containsExactly(1, 3, 4);
    assertThat(next.outgoing()).containsExactly(1, 2, 3);
    assertThat(next.demoted()).isEmpty();
    assertThat(next.member(4).replaces()).isZero();
    assertThat(next.member(5).replaces()).as("whom it waited for is gone").isZero();
    assertThat(NextMembership.left(next).isMember(2)).isFalse();
  }

  @Test
  void aVoterThatIsPromotedStaysOne() {
    assertThat(after(new MembershipChange.Promote(List.of(1, 2)))).isEqualTo(present());
    refused(new MembershipChange.Promote(List.of(7)), "node 7 is not a member");
  }

  @Test
  void whoIsDemotedIsNotPromotedAgainByItself() {
    Membership next = after(new MembershipChange.Demote(3));

    assertThat(next.voters()).containsExactly(1, 2);
    assertThat(next.demoted()).containsExactly(3);
    assertThat(NextMembership.left(next).learners()).containsExactly(3, 4, 5);
    assertThat(next.member(3)).isEqualTo(new Membership.Member("n3", 30, true, 0));
    assertThat(after(new MembershipChange.Demote(4))).isEqualTo(present());
    refused(new MembershipChange.Demote(7), "node 7 is not a member");
  }

  @Test
  void whoIsRemovedIsForgottenWhenTheJointConfigurationIsLeft() {
    Membership next = after(new MembershipChange.Remove(List.of(3, 5)));

    assertThat(next.voters()).containsExactly(1, 2);
    assertThat(next.outgoing()).containsExactly(1, 2, 3);
    assertThat(next.learners()).containsExactly(4);
    assertThat(next.member(3).incarnation()).as("its disk still counts").isEqualTo(30);
    assertThat(NextMembership.left(next).details()).containsOnlyKeys(1, 4);
    assertThat(after(new MembershipChange.Remove(List.of(4))).isJoint()).isFalse();
    refused(new MembershipChange.Remove(List.of(3, 7)), "node 7 is not a member");
  }

  @Test
  void theLastVoterIsNeitherRemovedNorDemotedNorReplaced() {
    Membership alone = new Membership(List.of(1), List.of(), List.of(2));
    for (MembershipChange change :
        List.of(
            new MembershipChange.Remove(List.of(1)),
            new MembershipChange.Remove(List.of(1, 2)),
            new MembershipChange.Demote(1),
            add(1, "", 11, 0))) {
      assertThat(NextMembership.after(alone.withDetails(Map.of(1, OWN)), change).refusal())
          .as("%s", change)
          .contains(new Refusal.WouldLoseQuorum("no voter would be left"));
    }
  }

  @Test
  void anAddressBelongsToOneMember() {
    Membership next = after(new MembershipChange.Readdress(3, "elsewhere"));
    assertThat(next.member(3)).isEqualTo(new Membership.Member("elsewhere", 30, false, 0));
    assertThat(next.isJoint()).isFalse();
    assertThat(after(new MembershipChange.Readdress(3, "n3"))).isEqualTo(present());

    refused(new MembershipChange.Readdress(3, "n1"), "n1 is the address of node 1");
    refused(new MembershipChange.Readdress(7, "n7"), "node 7 is not a member");
    refused(
        new MembershipChange.Readdress(3, "ä".repeat(513)),
        "the address of node 3 has 1026 bytes, permitted: 1024");
  }

  @Test
  void whateverIsAskedForTheTwoHalvesShareEveryMajorityAndNobodyIsLost() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    Membership present = present();
    for (int step = 0; step < 5000; step++) {
      MembershipChange change = randomChange(random);
      NextMembership next = NextMembership.after(present, change);
      if (next.refusal().isEmpty()) {
        String what = "seed " + seed + ": " + change + " after " + present;
        Membership joint = next.membership();
        boolean votesChange = !joint.voters().equals(present.voters());
        assertThat(joint.isJoint()).as(what).isEqualTo(votesChange);
        assertThat(joint.outgoing()).as(what).isEqualTo(votesChange ? present.voters() : List.of());
        assertThat(Membership.decode(joint.encode())).as(what).isEqualTo(joint);
        TreeSet<Integer> known = new TreeSet<>(joint.members());
        assertThat(known).as(what).containsAll(joint.details().keySet());
        present = votesChange ? NextMembership.left(joint) : joint;
        assertThat(present.voters()).as(what).isEqualTo(joint.voters());
        assertThat(known).as(what).containsAll(present.members());
        assertThat(present.members()).as(what).containsAll(joint.voters());
        assertThat(present.members()).as(what).containsAll(joint.learners());
        assertThat(present.members()).as(what).containsAll(joint.demoted());
      }
    }
  }

  private static MembershipChange randomChange(Random random) {
    int id = 1 + random.nextInt(7);
    List<Integer> ids = new ArrayList<>(new TreeSet<>(List.of(id, id % 7 + 1)));
    return switch (random.nextInt(6)) {
      case 0, 1 ->
          new MembershipChange.Add(
              id,
              new Membership.Member(
                  random.nextBoolean() ? "" : "n" + random.nextInt(9),
                  random.nextInt(3),
                  random.nextBoolean(),
                  random.nextInt(8)));
      case 2 -> new MembershipChange.Promote(ids);
      case 3 -> new MembershipChange.Demote(id);
      case 4 -> new MembershipChange.Remove(ids);
      default -> new MembershipChange.Readdress(id, "n" + random.nextInt(9));
    };
  }
}
