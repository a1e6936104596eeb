package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Who may be elected by whom, and what ends leadership.
final class ElectionRulesTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private static RoleChange.Kind role(Scenario s, int id) {
    return s.raft(id).roleChange().role();
  }

  private static Message.AskVote askVote(long term, long index, long logTerm) {
    return new Message.AskVote(term, new Position(index, logTerm), false, false);
  }

  @Test
  @DisplayName("E2: stepping down within a term keeps the vote")
  void steppingDownWithinATermKeepsTheVote() {
    Scenario s = Scenario.of(3).timesOut(1).delivers(1, 2).delivers(2, 1);
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.CANDIDATE);

    s.arrives(2, 1, new Message.Heartbeat(1, 1, 0, 0, 0));

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.FOLLOWER);
    assertThat(s.raft(1).hardState()).isEqualTo(new HardState(1, 1));
    assertThat(s.node(1).disk().durable().hard()).isEqualTo(new HardState(1, 1));
  }

  @Test
  @DisplayName("E3: a log is more up-to-date by its last term first, by its length second")
  void aLogIsMoreUpToDateByItsTermFirst() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll(); // logs end at 2/1

    s.passes(TIMEOUT).arrives(3, 2, askVote(5, 1, 1));
    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(5, 0));
    s.arrives(3, 2, askVote(6, 9, 0));
    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(6, 0));
    s.arrives(3, 2, askVote(7, 1, 2));

    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(7, 3));
  }

  @Test
  @DisplayName("E4: a higher term in any message ends leadership, requests and answers alike")
  void aHigherTermInAnyMessageEndsLeadership() {
    Position end = new Position(1, 1);
    for (Message message :
        List.of(
            new Message.AskVote(5, end, false, true),
            new Message.Vote(5, false, false),
            new Message.Vote(5, true, false),
            new Message.Vote(5, false, true),
            new Message.Replicate(5, 1, end, List.of(), 0, 0),
            new Message.Replicated(5, 1, 1, 0),
            new Message.Conflict(5, 1, 1, Position.ORIGIN),
            new Message.Heartbeat(5, 1, 0, 0, 0),
            new Message.HeartbeatAck(5, 1, 0, 0),
            new Message.Outdated(5),
            new Message.CampaignNow(5))) {
      Scenario s = Scenario.of(3).elects(1).arrives(2, 1, message);
      assertThat(role(s, 1)).as("%s", message).isEqualTo(RoleChange.Kind.FOLLOWER);
      assertThat(s.raft(1).hardState().term()).as("%s", message).isEqualTo(5);
    }
  }

  @Test
  @DisplayName("E4: pre-vote traffic changes no term")
  void preVoteTrafficChangesNoTerm() {
    Scenario s = Scenario.of(3).elects(1);

    s.arrives(2, 1, new Message.AskVote(9, new Position(9, 9), true, false));
    s.arrives(2, 1, new Message.Vote(9, true, true));

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(1).hardState().term()).isEqualTo(1);
  }

  @Test
  @DisplayName("E5: a pre-vote for an old term is answered, with the new one")
  void aPreVoteForAnOldTermIsAnsweredWithTheNewOne() {
    Scenario s = Scenario.of(3).passes(TIMEOUT).arrives(3, 2, askVote(8, 0, 0)).losesAll();

    s.arrives(1, 2, new Message.AskVote(3, new Position(50, 2), true, false));

    assertThat(s.inFlight(2, 1)).containsExactly(new Message.Vote(8, false, true));
  }

  @Test
  @DisplayName(
      "E5: a long log of an old term and a short log of a new term do not block each other")
  void aLongLogAndANewTermDoNotBlockEachOther() {
    // n1 has the entries; n2, without them, has seen a much later term; n3 is gone.
    Scenario s = Scenario.of(3).elects(1).isolates(2).proposes(1, "a").deliversAll();
    s.crashes(3).passes(TIMEOUT).arrives(3, 2, askVote(40, 9, 9)).losesAll().heals();
    s.looksAtClock(1);
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.FOLLOWER);

    for (int i = 0; i < 6 && role(s, 1) != RoleChange.Kind.LEADER; i++) {
      s.timesOut(1 + i % 2).deliversAll();
    }
    s.beats(1);

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("E6: who asks for pre-votes forgets its leader, and answers to an earlier question")
  void whoAsksForPreVotesForgetsItsLeader() {
    Scenario s = Scenario.of(5).elects(1).isolates(2).passes(TIMEOUT).heals().timesOut(2);
    assertThat(s.raft(2).roleChange().leader()).isZero();
    s.arrives(3, 2, new Message.Vote(2, true, true)).losesAll().timesOut(2);

    s.arrives(4, 2, new Message.Vote(2, true, true));

    assertThat(role(s, 2))
        .as("n3's answer was to the first question")
        .isEqualTo(RoleChange.Kind.PRE_CANDIDATE);
  }

  @Test
  @DisplayName("E7: a leader that is heard but hears nobody steps down")
  void aLeaderThatHearsNobodyStepsDown() {
    Scenario s = Scenario.of(3).elects(1).beats(1).cuts(2, 1).cuts(3, 1);
    for (int i = 0; i < 5; i++) {
      s.beats(1);
    }
    assertThat(role(s, 1)).isNotEqualTo(RoleChange.Kind.LEADER);

    s.passes(TIMEOUT).elects(2);

    assertThat(role(s, 2)).isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("E7: a node that hears nobody disturbs nobody")
  void aNodeThatHearsNobodyDisturbsNobody() {
    Scenario s = Scenario.of(3).elects(1).cuts(1, 3).cuts(2, 3);
    for (int i = 0; i < 20; i++) {
      s.beats(1).looksAtClock(3).deliversAll();
    }

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(1).hardState().term()).isEqualTo(1);
  }

  @Test
  @DisplayName("E8, E12: a learner grants votes, asks for none, and is a learner after a restart")
  void aLearnerGrantsVotesAndAsksForNone() {
    Membership membership = new Membership(List.of(1, 2), List.of(), List.of(3));
    Scenario s = new Scenario(membership, RaftOptions.DEFAULT).crashes(3).starts(3);
    assertThat(role(s, 3)).isEqualTo(RoleChange.Kind.LEARNER);
    assertThat(s.raft(3).nextDeadline()).isEqualTo(Long.MAX_VALUE);

    s.passes(TIMEOUT.multipliedBy(10)).looksAtClock(3).arrives(1, 3, askVote(1, 0, 0));

    assertThat(s.inFlight(3, 1)).containsExactly(new Message.Vote(1, true, false));
    assertThat(role(s, 3)).isEqualTo(RoleChange.Kind.LEARNER);
  }

  /// The simulator found (seed 1003419) that one who was removed named the last leader for ever.
  @Test
  void aLearnerThatHearsNoLeaderKnowsNone() {
    Membership membership =
        new Membership(List.of(1, 2), List.of(), List.of(3))
            .withDetails(Map.of(3, new Membership.Member("", 0, true, 0)));
    Scenario s = new Scenario(membership, RaftOptions.DEFAULT).elects(1).beats(1);
    assertThat(s.raft(3).roleChange().leader()).isEqualTo(1);

    s.passes(TIMEOUT.multipliedBy(2)).looksAtClock(3);

    assertThat(s.raft(3).roleChange().leader()).isZero();
    assertThat(s.raft(3).nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @DisplayName("E8: a learner counts for nothing")
  void aLearnerCountsForNothing() {
    Membership membership =
        new Membership(List.of(1, 2), List.of(), List.of(3))
            .withDetails(Map.of(3, new Membership.Member("", 0, true, 0)));
    Scenario s = new Scenario(membership, RaftOptions.DEFAULT).elects(1).beats(1).crashes(2);
    s.proposes(1, "a").reads(1, "r").effects();

    for (int i = 0; i < 3; i++) {
      s.beats(1);
    }

    assertThat(s.raft(3).last()).isEqualTo(new Position(2, 1));
    assertThat(s.raft(1).commit()).isEqualTo(1);
    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.ServeReads);
    s.beats(1).beats(1);
    assertThat(role(s, 1)).isNotEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("E9: a candidate that only the outgoing half contains counts itself there")
  void aCandidateOfTheOutgoingHalfCountsItself() {
    Membership joint = new Membership(List.of(3), List.of(1, 2), List.of());
    Scenario s = new Scenario(joint, RaftOptions.DEFAULT);

    s.elects(1);

    RoleChange elected = new RoleChange(1, RoleChange.Kind.LEADER, 1);
    assertThat(s.effects()).contains(new Effect.Announce(elected));
    assertThat(s.raft(3).roleChange().role())
        .as("M2, M7: the joint configuration is left, and who has no vote lets another lead")
        .isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("M5: in a joint configuration every decision needs a majority of both halves")
  void everyDecisionOfAJointConfigurationNeedsBothHalves() {
    Membership joint = new Membership(List.of(3, 4, 5), List.of(1, 2, 3), List.of());
    Scenario s = new Scenario(joint, RaftOptions.DEFAULT).cuts(1, 4).cuts(1, 5);
    s.elects(1);
    assertThat(role(s, 1)).as("votes: 1, 2 and 3").isNotEqualTo(RoleChange.Kind.LEADER);
    s.heals().timesOut(1);
    for (int voter : List.of(2, 3, 4)) {
      s.delivers(1, voter).delivers(voter, 1);
    }
    for (int voter : List.of(2, 3, 4)) { // they would; now they do
      s.delivers(1, voter).delivers(voter, 1);
    }
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);

    s.isolates(4).isolates(5).loses(1, 4).loses(1, 5).proposes(1, "a").deliversAll();
    s.beats(1);
    assertThat(s.raft(1).commit()).as("on 1, 2 and 3").isZero();
    assertThat(s.raft(1).leaseUntil()).isLessThan(s.now());
    s.beats(1).beats(1).beats(1);
    assertThat(role(s, 1)).as("hears 2 and 3").isNotEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("E12: a lone voter starts as a follower and goes through an election")
  void aLoneVoterStartsAsAFollower() {
    Scenario s = Scenario.of(1).elects(1).proposes(1, "a").crashes(1).starts(1);
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.FOLLOWER);

    s.elects(1);

    assertThat(s.raft(1).roleChange()).isEqualTo(new RoleChange(2, RoleChange.Kind.LEADER, 1));
    assertThat(s.node(1).applied()).hasSize(3);
  }

  @Test
  @DisplayName("M9: a new leader is not deposed because nobody has answered it yet")
  void aNewLeaderIsNotDeposedBeforeAnybodyCouldAnswer() {
    Scenario s = Scenario.of(3).elects(1).losesAll();

    s.passes(RaftOptions.DEFAULT.heartbeatInterval()).looksAtClock(1);

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  void aFollowerWhoseConnectionToTheLeaderBrokeAsksSoonerButKeepsItsPromise() {
    Scenario s = Scenario.of(3).elects(1).beats(1);
    long heard = s.now();

    s.tellsUnreachable(2, 1);

    assertThat(s.raft(2).nextDeadline())
        .isBetween(heard + TIMEOUT.toNanos(), heard + TIMEOUT.toNanos() * 5 / 4);
  }

  @Test
  void aMemberThatIsAloneDoesNotWaitForALeader() {
    Scenario s = Scenario.of(1).looksAtClock(1).deliversAll();

    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.now()).isLessThan(RaftOptions.DEFAULT.electionTimeout().toNanos());
  }

  @Test
  void twoLeadersOfOneTermStopTheNodeThatSeesThem() {
    for (int witness : new int[] {1, 3}) {
      Scenario s = Scenario.of(3).elects(1);
      s.node(witness).expectToFail();

      s.arrives(2, witness, new Message.Heartbeat(1, 1, 0, 0, 0));

      assertThat(s.effects().getLast()).isInstanceOf(Effect.Fatal.class);
    }
  }
}
