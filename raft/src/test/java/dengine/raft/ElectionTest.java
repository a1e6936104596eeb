package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class ElectionTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  @Test
  @DisplayName("D2, D3: nobody is asked for a vote before the candidate's own term is on disk")
  void nobodyIsAskedForAVoteBeforeTheOwnTermIsDurable() {
    // A candidate whose term is not on disk may crash, come back with the old term and a shorter
    // log, and stand in the same term again; votes granted to its first log would then elect its
    // second one.
    Scenario s = Scenario.of(3).holdsDisk(1);

    s.timesOut(1).delivers(1, 2).delivers(2, 1);

    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.CANDIDATE);
    assertThat(s.inFlight(1, 2)).isEmpty();
    s.syncsOne(1);
    assertThat(s.inFlight(1, 2))
        .containsExactly(new Message.AskVote(1, Position.ORIGIN, false, false));
  }

  @Test
  @DisplayName("R4: a promise to protect the leader holds against a candidate of the own term too")
  void aVoterThatLearntOfAHigherTermStillProtectsTheLeaderItHeard() {
    // n2 has just promised n1, in term 1, to elect nobody. Then an answer, long under way, takes it
    // to term 2 without a vote. If it now voted, n3 could lead while n1 still trusts its lease.
    Scenario s = Scenario.of(3).elects(1).beats(1);
    assertThat(s.raft(1).leaseUntil()).isGreaterThan(s.now());

    s.arrives(3, 2, new Message.Vote(2, false, true));
    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(2, 0));
    s.arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, false));

    assertThat(s.raft(1).leaseUntil()).isGreaterThan(s.now());
    assertThat(s.raft(2).hardState().vote()).isZero();
    s.passes(TIMEOUT).arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, false));
    assertThat(s.raft(2).hardState().vote()).isEqualTo(3);
  }

  @Test
  @DisplayName("S7: a leader whose disk does not answer hands over")
  void aLeaderWhoseDiskDoesNotAnswerHandsOver() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(1).proposes(1, "a").deliversAll();
    for (int i = 0; i < 50 && s.raft(1).roleChange().role() == RoleChange.Kind.LEADER; i++) {
      s.beats(1);
    }

    assertThat(s.raft(2).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).commit()).isEqualTo(s.raft(2).last().index());
    assertThat(s.now()).isLessThan(7 * TIMEOUT.toNanos());
  }

  @Test
  void aLoneVoterGoesOnLeadingHoweverSlowItsDiskIs() {
    Scenario s = Scenario.of(1).elects(1).holdsDisk(1).proposes(1, "a");

    s.passes(TIMEOUT.multipliedBy(20)).looksAtClock(1).releasesDisk(1);

    assertThat(s.raft(1).commit()).isEqualTo(2);
  }

  @Test
  void clusterTimeGoesOnWhereThePreviousLeaderLeftIt() {
    Scenario s = Scenario.of(3).elects(1);
    for (int beat = 0; beat < 100; beat++) {
      s.beats(1);
    }
    s.proposes(1, "late").deliversAll().crashes(1).passes(TIMEOUT.multipliedBy(2));

    s.elects(2).proposes(2, "later").deliversAll();

    List<Long> times = s.node(2).applied().stream().map(Entry::time).toList();
    assertThat(times).hasSize(4).isSorted();
    assertThat(times.get(1)).isGreaterThan(times.get(0));
  }

  @Test
  @DisplayName("S7: a leader whose log failed hands over to a voter that it can reach")
  void aLeaderWhoseLogFailedHandsOverToAVoterThatItCanReach() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll();
    s.isolates(2).beats(1).beats(1).beats(1).beats(1).beats(1);
    s.effects();
    s.node(1).expectToFail();

    s.on(1, new Event.StorageFailed(new java.io.IOException("no space left")));

    assertThat(s.inFlight(1, 3)).contains(new Message.CampaignNow(1));
    assertThat(s.raft(1).roleChange().role()).isNotEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MIN_VALUE);
    List<Effect> effects = s.effects();
    assertThat(effects.getLast()).isInstanceOf(Effect.Fatal.class);
    assertThat(effects).filteredOn(e -> e instanceof Effect.Announce).hasSize(1);
  }
}
