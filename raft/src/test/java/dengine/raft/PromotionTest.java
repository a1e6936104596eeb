package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// When learners get votes, by themselves and by hand.
final class PromotionTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();
  private static final RaftOptions AT_ONCE = RaftOptions.DEFAULT.withPromotion(0, false);

  private static MembershipChange add(int id, boolean readOnly, int replaces) {
    return new MembershipChange.Add(
        id, new Membership.Member("n" + id, id * 10L, readOnly, replaces));
  }

  private static Scenario ledByNode1(RaftOptions options, int voters, Integer... spares) {
    return Scenario.ofNewDisks(Scenario.votersUpTo(voters), options, spares)
        .founds()
        .elects(1)
        .beats(1);
  }

  private static Scenario settles(Scenario s) {
    for (int i = 0; i < 12; i++) {
      s.beats(1);
    }
    return s;
  }

  private static List<Integer> voters(Scenario s) {
    return s.raft(1).membership().voters();
  }

  private static Optional<Refusal> refusal(Scenario s) {
    return s.effects().stream()
        .filter(e -> e instanceof Effect.Refuse)
        .map(e -> ((Effect.Refuse) e).refusal())
        .reduce((earlier, later) -> later);
  }

  @Test
  @DisplayName("M8: a learner is promoted when it has caught up, and not before")
  void aLearnerIsPromotedWhenItHasCaughtUp() {
    Scenario s = ledByNode1(AT_ONCE, 3, 4).isolates(4).asksFor(1, add(4, false, 0));
    assertThat(voters(settles(s))).as("heard of nothing yet").containsExactly(1, 2, 3);

    settles(s.heals());

    assertThat(voters(s)).containsExactly(1, 2, 3, 4);
    assertThat(s.raft(4).roleChange().role()).isEqualTo(RoleChange.Kind.FOLLOWER);
  }

  @Test
  @DisplayName("M8: a learner that is silent or behind is not promoted by hand either")
  void aLearnerThatIsSilentOrBehindIsNotPromotedByHand() {
    Scenario s = ledByNode1(AT_ONCE, 3, 4).isolates(4).asksFor(1, add(4, true, 0)).deliversAll();
    for (int i = 0; i < 6; i++) {
      s.beats(1).deliversAll(); // longer than an election timeout: the leader has heard who answers
    }
    s.effects();
    s.asksFor(1, new MembershipChange.Promote(List.of(4)));
    assertThat(refusal(s)).contains(new Refusal.WouldLoseQuorum("node 4 does not answer"));
    settles(s.heals()).holdsDisk(4).proposes(1, "a", "b").deliversAll().effects();

    s.asksFor(1, new MembershipChange.Promote(List.of(4)));

    assertThat(refusal(s))
        .contains(
            new Refusal.WouldLoseQuorum("node 4 is 2 entries behind, at most 0 are permitted"));
    s.releasesDisk(4).deliversAll().asksFor(1, new MembershipChange.Promote(List.of(4)));
    assertThat(refusal(s)).isEmpty();
    assertThat(voters(s)).containsExactly(1, 2, 3, 4);
  }

  @Test
  @DisplayName("M8: nobody gets a vote before he holds the configuration by which he is a member")
  void nobodyIsPromotedBeforeHeHoldsHisConfiguration() {
    Scenario s = ledByNode1(Options.oneEntryPerMessage(8), 3, 4).asksFor(1, add(4, true, 0));
    s.deliversAll().beats(1).beats(1).asksFor(1, new MembershipChange.Remove(List.of(4)));
    // It is added again, and has on disk what was written before that.
    s.deliversAll().holdsDisk(4).asksFor(1, add(4, true, 0)).deliversAll();
    s.syncsOne(4).deliversAll().effects();

    s.asksFor(1, new MembershipChange.Promote(List.of(4)));

    assertThat(refusal(s))
        .contains(
            new Refusal.WouldLoseQuorum("node 4 has yet to hear of the configuration of index 4"));
    assertThat(voters(s)).containsExactly(1, 2, 3);
    s.releasesDisk(4).deliversAll().beats(1);
    s.asksFor(1, new MembershipChange.Promote(List.of(4))).deliversAll();
    assertThat(voters(s)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void whoeverHasAVoteAlreadyIsPromotedWithoutEffect() {
    Scenario s = ledByNode1(AT_ONCE, 3);
    s.effects();

    s.asksFor(1, new MembershipChange.Promote(List.of(1, 2)));

    assertThat(refusal(s)).isEmpty();
    assertThat(s.raft(1).membershipIndex()).isZero();
  }

  @Test
  void aReadOnlyLearnerStaysOne() {
    Scenario s = ledByNode1(AT_ONCE, 3, 4).asksFor(1, add(4, true, 0)).deliversAll();

    assertThat(voters(settles(s))).containsExactly(1, 2, 3);
    assertThat(s.raft(4).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  void theNumberOfVotersIsKeptOdd() {
    RaftOptions odd = RaftOptions.DEFAULT.withPromotion(0, true);
    Scenario s = ledByNode1(odd, 3, 4, 5).asksFor(1, add(4, false, 0)).deliversAll();
    assertThat(voters(settles(s))).containsExactly(1, 2, 3);

    settles(s.asksFor(1, add(5, false, 0)).deliversAll());

    assertThat(voters(s)).containsExactly(1, 2, 3, 4, 5);
  }

  @Test
  void whoReplacesAVoterTakesItsPlaceByItself() {
    RaftOptions odd = RaftOptions.DEFAULT.withPromotion(0, true);
    Scenario s = ledByNode1(odd, 3, 4).asksFor(1, add(4, false, 3)).deliversAll();

    settles(s);

    assertThat(voters(s)).containsExactly(1, 2, 4);
    assertThat(s.raft(1).membership().isMember(3)).isFalse();
  }

  @Test
  @DisplayName("M9: a voter that is new counts as heard from")
  void aNewVoterDoesNotCostTheLeaderItsRole() {
    Scenario s = ledByNode1(AT_ONCE, 1, 2).asksFor(1, add(2, false, 0)).deliversAll();
    s.passes(TIMEOUT.multipliedBy(20)).beats(1).beats(1);

    settles(s);

    assertThat(voters(s)).containsExactly(1, 2);
    assertThat(s.raft(1).roleChange()).isEqualTo(new RoleChange(1, RoleChange.Kind.LEADER, 1));
  }

  @Test
  void anIntroductionThatMakesNoSenseDoesNotStopTheLeader() {
    Scenario s = ledByNode1(AT_ONCE, 3);
    Membership before = s.raft(1).membership();
    String address = "x".repeat(100_000);

    s.arrives(3, 1, new Message.Introduce(0, 31, new TreeMap<>(), false, address));
    s.asksFor(1, new MembershipChange.Readdress(3, address));

    assertThat(s.raft(1).membership()).isEqualTo(before);
    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
  }
}
