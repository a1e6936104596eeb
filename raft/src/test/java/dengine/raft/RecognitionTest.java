package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Nodes with new disks: how they found a cluster, and what becomes of one whose disk was lost
/// (rule L16).
final class RecognitionTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private static Message.Introduce introduce(long incarnation, Map<Integer, Long> heard) {
    return new Message.Introduce(0, incarnation, new TreeMap<>(heard), false, "");
  }

  private static Scenario newDisks() {
    return Scenario.ofNewDisks(Scenario.votersUpTo(3), RaftOptions.DEFAULT);
  }

  private static Scenario ledByNode1() {
    return Scenario.founded(3).elects(1).proposes(1, "a").deliversAll().beats(1);
  }

  /// The leader speaks to everybody until all that follows from it is done.
  private static Scenario settles(Scenario s) {
    for (int i = 0; i < 12; i++) {
      s.beats(1);
    }
    return s;
  }

  private static List<Boolean> recognised(Scenario s) {
    return List.of(s.raft(1).isRecognised(), s.raft(2).isRecognised(), s.raft(3).isRecognised());
  }

  @Test
  void foundersTakePartWhenAllOfThemAreThere() {
    Scenario s = newDisks().crashes(3).founds().passes(TIMEOUT).founds();
    assertThat(recognised(s.starts(3))).containsOnly(false);

    s.founds();

    assertThat(recognised(s)).containsOnly(true);
    assertThat(s.raft(2).membership().member(3).incarnation()).isEqualTo(30);
    assertThat(s.elects(2).raft(2).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  void nobodyActsBeforeItIsWrittenDownWhoFounds() {
    Scenario s = newDisks();

    s.arrives(2, 1, new Message.AskVote(1, Position.ORIGIN, false, false));
    s.arrives(2, 1, new Message.Replicate(1, 1, Position.ORIGIN, List.of(), 0, 0));

    assertThat(s.raft(1).hardState()).isEqualTo(HardState.INITIAL);
    assertThat(s.inFlight(1, 2)).allMatch(m -> m instanceof Message.Introduce);
  }

  @Test
  void foundersThatHeardOfDifferentDisksDoNotFound() {
    Scenario s = newDisks();
    Map<Integer, Long> mine = Map.of(1, 10L, 2, 20L, 3, 30L);

    s.arrives(2, 1, introduce(20, mine));
    s.arrives(3, 1, introduce(30, Map.of(1, 10L, 2, 21L, 3, 30L)));

    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Found);
    s.arrives(3, 1, introduce(30, mine));
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.Found);
  }

  @Test
  void whatWasSaidBeforeADiskWasReplacedCountsForNothing() {
    Scenario s = newDisks();
    Map<Integer, Long> first = Map.of(1, 10L, 2, 20L, 3, 30L);
    s.arrives(2, 1, introduce(20, first)).arrives(3, 1, introduce(31, Map.of(3, 31L)));

    s.arrives(3, 1, introduce(30, first)); // late, from the disk that is gone

    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Found);
  }

  /// Found by the simulator (seed 7019890), which took it for two clusters.
  @Test
  void whatAFounderWroteDownAloneIsLostWithItsDisk() {
    Scenario s = newDisks();
    Map<Integer, Long> all = Map.of(1, 10L, 2, 20L, 3, 30L);
    s.arrives(1, 3, introduce(10, all)).arrives(2, 3, introduce(20, all));
    assertThat(recognised(s)).containsExactly(false, false, true);

    s.losesAll().wipes(3).passes(TIMEOUT).founds();

    assertThat(recognised(s)).containsOnly(true);
    assertThat(s.raft(1).membership().member(3).incarnation()).isEqualTo(31);
    assertThat(s.elects(3).raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
  }

  /// Others may found with what it confirms, and it would have written down something else.
  @Test
  void whileAFounderWritesDownWhoFoundsItConfirmsNobodyElse() {
    Scenario s = newDisks();
    Map<Integer, Long> all = Map.of(1, 10L, 2, 20L, 3, 30L);
    List<Effect> effects = new ArrayList<>();
    Raft writes = s.raft(1);
    writes.on(0, new Event.Received(2, introduce(20, all)), effects::add);
    writes.on(0, new Event.Received(3, introduce(30, all)), effects::add);
    assertThat(effects).anyMatch(effect -> effect instanceof Effect.Found);
    effects.clear();

    writes.on(0, new Event.Received(3, introduce(31, Map.of(3, 31L))), effects::add);

    assertThat(effects).isEmpty();
    writes.on(0, new Event.Founded(), effects::add);
    assertThat(writes.membership().member(3).incarnation()).isEqualTo(30);
  }

  @Test
  void aFounderThatMissedTheAgreementLearnsOfIt() {
    Scenario s = newDisks();
    Map<Integer, Long> all = Map.of(1, 10L, 2, 20L, 3, 30L);

    s.arrives(2, 1, new Message.Introduce(0, 20, new TreeMap<>(all), true, ""));

    assertThat(s.raft(1).isRecognised()).isTrue();
  }

  @Test
  void membersDoNotAnswerWhatFoundersTellEachOther() {
    Scenario s = Scenario.founded(3).losesAll();
    Map<Integer, Long> all = Map.of(1, 10L, 2, 20L, 3, 30L);

    s.arrives(2, 1, new Message.Introduce(0, 20, new TreeMap<>(all), true, ""));

    assertThat(s.inFlight(1, 2)).as("or it would go to and fro for ever").isEmpty();
  }

  @Test
  @DisplayName("L16: a node whose disk was wiped loses its vote, catches up, and gets it back")
  void aWipedNodeComesBackAsALearnerFirst() {
    Scenario s = ledByNode1().wipes(3);
    assertThat(s.raft(3).isRecognised()).isFalse();

    s.beats(1).beats(1);
    assertThat(s.raft(1).membership().learners()).containsExactly(3);
    settles(s);

    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(1).membership().member(3).incarnation()).isEqualTo(31);
    assertThat(s.raft(3).last()).isEqualTo(s.raft(1).last());
    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.FOLLOWER);
  }

  @Test
  @DisplayName("L16: a node whose disk was wiped votes for nobody before it is recognised")
  void aWipedNodeVotesForNobody() {
    Scenario s = ledByNode1().crashes(1).wipes(3).passes(TIMEOUT.multipliedBy(3));

    s.elects(2).timesOut(2).deliversAll();

    assertThat(s.raft(2).roleChange().role()).isNotEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(3).hardState()).isEqualTo(HardState.INITIAL);
  }

  @Test
  @DisplayName("L16: whoever was wiped has spent its vote in the term in which it is recognised")
  void aWipedNodeDoesNotVoteAgainInTheTermInWhichItIsRecognised() {
    Scenario s = settles(ledByNode1().wipes(3));
    long term = s.raft(3).hardState().term();

    s.arrives(2, 3, new Message.AskVote(term, new Position(99, term), false, true));

    assertThat(s.inFlight(3, 2)).containsExactly(new Message.Vote(term, false, false));
  }

  @Test
  @DisplayName("L16: a wiped node takes part only when the term is on disk")
  void aWipedNodeIsNotRecognisedBeforeItsTermIsDurable() {
    Scenario s = ledByNode1().wipes(3).holdsDisk(3);
    s.beats(1).beats(1).beats(1);
    assertThat(s.raft(3).hardState().term()).isEqualTo(1);

    s.crashes(3).starts(3);

    assertThat(s.raft(3).hardState()).isEqualTo(HardState.INITIAL);
    assertThat(s.raft(3).isRecognised()).isFalse();
    assertThat(settles(s.releasesDisk(3)).raft(3).isRecognised()).isTrue();
  }

  @Test
  @DisplayName("L16: a wiped node elects nobody who knows less than the disk that was lost")
  void aWipedNodeDoesNotVoteBeforeItHoldsTheConfigurationThatHasIt() {
    // n4 takes n2's place while n3 is cut off: n3 still goes by the voters 1, 2 and 3.
    Scenario s = Scenario.founded(3, 4).elects(1).isolates(3);
    s.asksFor(1, new MembershipChange.Add(4, new Membership.Member("n4", 40, false, 2)));
    settles(s);
    assertThat(s.raft(1).membership().voters()).containsExactly(1, 3, 4);
    // n2, by whose disk n3 could not have been elected, comes back without it.
    s.wipes(2);
    s.asksFor(1, new MembershipChange.Add(2, new Membership.Member("n2", 21, false, 0)));
    s.cuts(1, 4).deliversAll();
    s.cuts(4, 1).losesAll();
    assertThat(s.raft(1).membership().learners()).containsExactly(2);
    while (!s.raft(2).isRecognised()) {
      s.heals().isolates(3).passes(RaftOptions.DEFAULT.heartbeatInterval());
      s.looksAtClock(1).delivers(1, 4).delivers(4, 1).delivers(1, 2).delivers(2, 1).delivers(1, 2);
    }
    assertThat(s.raft(2).last()).isEqualTo(Position.ORIGIN);
    s.losesAll().heals().isolates(1).isolates(4).passes(TIMEOUT.multipliedBy(2));

    s.elects(3).timesOut(3).deliversAll();

    assertThat(s.raft(3).roleChange().role()).isNotEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).hardState().vote()).isNotEqualTo(3);
  }

  @Test
  void aFounderThatWasLateVotesForWhoeverKnowsItsDisk() {
    // n3 missed all but its own introduction; the cluster moves on, and n2 is lost.
    Scenario s = newDisks().founds().crashes(3);
    s.node(3).wipe(30);
    s.elects(1).asksFor(1, new MembershipChange.Readdress(2, "elsewhere")).deliversAll().beats(1);
    s.starts(3).cuts(1, 3).looksAtClock(3).delivers(3, 2).delivers(2, 3).losesAll();
    assertThat(s.raft(3).isRecognised()).isTrue();
    assertThat(s.raft(3).membership()).isEqualTo(Membership.NONE);
    s.heals().crashes(2).crashes(1).losesAll().starts(1).passes(TIMEOUT.multipliedBy(2));

    s.elects(1).timesOut(1).deliversAll();

    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(3).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("L16: a late word of a lost disk does not cost the new one its vote for ever")
  void aLateIntroductionOfALostDiskIsCorrected() {
    Scenario s = settles(ledByNode1().wipes(3));

    s.arrives(3, 1, introduce(30, Map.of()));
    assertThat(s.raft(1).membership().member(3).incarnation()).isEqualTo(30);
    settles(s.deliversAll());

    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(1).membership().member(3).incarnation()).isEqualTo(31);
    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.FOLLOWER);
  }

  @Test
  void anAnswerAboutAnotherDiskIsIgnored() {
    Scenario s = ledByNode1().wipes(3).losesAll();

    s.arrives(1, 3, new Message.Recognize(1, 30, true));

    assertThat(s.raft(3).isRecognised()).isFalse();
  }

  @Test
  void aJoiningNodeWaitsUntilItIsAdded() {
    Scenario s = Scenario.founded(3, 4).elects(1);
    assertThat(s.raft(4).nextDeadline()).isEqualTo(Long.MAX_VALUE);
    assertThat(s.raft(4).isRecognised()).isFalse();

    s.asksFor(1, new MembershipChange.Add(4, new Membership.Member("n4", 40, true, 0)));
    settles(s.deliversAll());

    assertThat(s.raft(4).roleChange()).isEqualTo(new RoleChange(1, RoleChange.Kind.LEARNER, 1));
    assertThat(s.raft(4).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  void whoeverIsAddedWithoutAnIncarnationTellsItItself() {
    Scenario s = Scenario.founded(3, 4).elects(1);

    s.asksFor(1, new MembershipChange.Add(4, new Membership.Member("n4", 0, true, 0)));
    settles(s.deliversAll());

    assertThat(s.raft(1).membership().member(4))
        .isEqualTo(new Membership.Member("n4", 40, true, 0));
    assertThat(s.raft(4).isRecognised()).isTrue();
  }
}
