package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The classic situations of Raft, told event by event. What happened is compared with the
/// transcripts in `src/test/resources/dengine/raft/transcripts`, which are made to be read.
final class StoriesTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  @Test
  void theFirstElection() {
    Scenario s = Scenario.of(3).chapter("n1 is the first to lose patience").timesOut(1);
    s.chapter("The others would vote for it; now it asks in earnest").deliversAll();
    s.chapter("A write").proposes(1, "a").deliversAll();
    s.chapter("The others learn that it is committed").beats(1);

    assertThat(s.raft(3).commit()).isEqualTo(2);
    s.transcript().matches("first-election");
  }

  @Test
  void logsThatWentApartAgreeAgainTermByTerm() {
    Scenario s = Scenario.of(3).chapter("n1 leads and is left alone with its writes").elects(1);
    s.isolates(1).proposes(1, "x1", "x2").proposes(1, "x3", "x4");
    s.chapter("n2 leads the others").passes(TIMEOUT).elects(2).proposes(2, "y1").deliversAll();
    s.chapter("n1 crashes and comes back; one question finds where the logs agree");
    s.crashes(1).starts(1).heals().beats(2);
    s.chapter("And it learns what is committed").beats(2);

    assertThat(s.node(1).disk().durable().entries())
        .isEqualTo(s.node(2).disk().durable().entries());
    s.transcript().matches("conflict");
  }

  /// Figure 8 of the paper: an entry on a majority, but of an earlier term, may still be
  /// overwritten, so it counts as committed only with an entry of the present term after it (rule
  /// L1).
  @Test
  void figure8() {
    Scenario s = new Scenario(Scenario.votersUpTo(5), Options.oneEntryPerMessage(1));
    s.chapter("(a) n1 leads and brings b to n2 only").elects(1).beats(1);
    s.cuts(1, 3).cuts(1, 4).cuts(1, 5).proposes(1, "b").deliversAll();
    s.chapter("(b) n1 crashes; n5 is elected by n3 and n4, whom its entry does not reach");
    s.crashes(1).heals().isolates(2).passes(TIMEOUT.multipliedBy(2)).timesOut(5);
    s.delivers(5, 3).delivers(3, 5).delivers(5, 4).delivers(4, 5);
    s.delivers(5, 3).delivers(3, 5).delivers(5, 4).delivers(4, 5).losesAll();
    assertThat(s.raft(5).last()).isEqualTo(new Position(2, 2));
    s.chapter("(c) n5 crashes; n1 is back, leads again and brings b to n3 as well");
    s.crashes(5).heals().starts(1).passes(TIMEOUT.multipliedBy(2)).elects(1).timesOut(1);
    for (int voter = 2; voter <= 3; voter++) {
      s.delivers(1, voter).delivers(voter, 1);
    }
    for (int round = 0; round < 2; round++) {
      s.delivers(1, 2).delivers(2, 1).delivers(1, 3).delivers(3, 1);
    }
    s.delivers(1, 3).delivers(3, 1);
    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    Position b = new Position(2, 1);
    for (int holder = 1; holder <= 3; holder++) {
      assertThat(s.node(holder).disk().durable().holds(b)).isTrue();
    }
    assertThat(s.raft(1).commit()).as("b is on a majority, yet not committed").isLessThan(2);
    s.chapter("(d) n1 crashes; n5 is elected by n3 and n4, and b is overwritten");
    s.losesAll().crashes(1).starts(5).passes(TIMEOUT.multipliedBy(2)).elects(5).elects(5).beats(5);

    assertThat(s.raft(5).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.node(3).disk().durable().holds(b)).isFalse();
    s.transcript().matches("figure-8");
  }

  @Test
  void aNewLeaderCommitsWhatItsPredecessorLeftBehind() {
    Scenario s = Scenario.of(3).chapter("n1 leads; a reaches n2, but n1 does not hear of it");
    s.elects(1).cuts(1, 3).proposes(1, "a").delivers(1, 2).loses(2, 1);
    s.chapter("n1 is gone; n2 leads and commits a with the entry that opens its term");
    s.crashes(1).passes(TIMEOUT).elects(2).beats(2);
    s.chapter("n1 comes back").starts(1).heals().beats(2).beats(2);

    assertThat(s.node(3).applied()).isEqualTo(s.node(2).applied());
    assertThat(s.node(1).applied()).isEqualTo(s.node(2).applied());
    s.transcript().matches("uncommitted-tail");
  }

  @Test
  void aLeaderThatReachesNoMajorityStepsDown() {
    Scenario s = Scenario.of(3).chapter("n1 leads and is cut off").elects(1).beats(1);
    s.isolates(1).proposes(1, "lost").reads(1, "r");
    s.chapter("It cannot know that nobody hears it, until it has heard nobody for too long");
    s.passes(TIMEOUT).looksAtClock(1);
    s.chapter("Meanwhile the others elect n2").elects(2);
    s.chapter("n1 hears of it and gives up what it wrote").heals().beats(2).beats(2);

    assertThat(s.raft(1).last()).isEqualTo(s.raft(2).last());
    s.transcript().matches("check-quorum");
  }

  @Test
  void aNodeThatReturnsDisturbsNobody() {
    Scenario s = Scenario.of(3).chapter("n1 leads; n3 is cut off and asks in vain").elects(1);
    s.isolates(3).beats(1).beats(1).looksAtClock(3).beats(1).beats(1);
    s.chapter("n3 returns and asks once more; n1 goes on leading in its term");
    s.heals().looksAtClock(3).deliversAll().beats(1);

    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(3).hardState().term()).isEqualTo(1);
    s.transcript().matches("pre-vote");
  }

  @Test
  void leadershipIsHandedOver() {
    Scenario s = Scenario.of(3).chapter("n2 has not everything yet").elects(1).beats(1);
    s.cuts(1, 2).proposes(1, "a").deliversAll().heals().transfers(1, 2);
    s.chapter("Meanwhile neither writes nor reads are taken").proposes(1, "b").reads(1, "r");
    s.chapter("As soon as n2 has all, it is told, and is elected").beats(1);

    assertThat(s.raft(2).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    s.transcript().matches("transfer");
  }

  @Test
  void readsShareTheRoundThatConfirmsTheLeader() {
    Scenario s = Scenario.of(3).chapter("A read before the leader's own entry is committed waits");
    s.timesOut(1).delivers(1, 2).delivers(2, 1).delivers(1, 2).delivers(2, 1).reads(1, "r1");
    s.chapter("Once it is committed, a round begins; who comes later waits for the next one");
    s.delivers(1, 2).delivers(2, 1).reads(1, "r2").reads(1, "r3");
    s.chapter("The answers serve first one round, then the other").deliversAll();

    s.transcript().matches("read-index");
  }

  @Test
  void aLeaseLastsFromWhenTheHeartbeatWasSent() {
    Scenario s = Scenario.of(3).chapter("n1 leads; no heartbeat was answered yet").elects(1);
    s.passes(Duration.ofMillis(100)).looksAtClock(1);
    final long sent = s.now();
    s.chapter("The answer comes 150 ms later, and counts from when it was asked for");
    s.passes(Duration.ofMillis(150)).deliversAll();
    assertThat(s.raft(1).leaseUntil())
        .isEqualTo(sent + RaftOptions.DEFAULT.leaseDuration().toNanos());
    s.chapter("n1 is asked to hand over: the lease ends before anybody is told").effects();
    s.transfers(1, 2);

    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MIN_VALUE);
    s.transcript().matches("lease");
  }
}
