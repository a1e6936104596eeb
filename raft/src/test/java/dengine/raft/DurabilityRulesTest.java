package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// What must be on disk before what leaves.
final class DurabilityRulesTest {

  private static final Position NOOP = new Position(1, 1);

  @Test
  @DisplayName("D1, E1: a vote leaves only when term and vote are on disk, as one record")
  void aVoteLeavesOnlyWhenTermAndVoteAreOnDisk() {
    Scenario s = Scenario.of(3).holdsDisk(2).passes(RaftOptions.DEFAULT.electionTimeout());

    s.arrives(1, 2, new Message.AskVote(5, Position.ORIGIN, false, false));
    assertThat(s.inFlight(2, 1)).isEmpty();
    s.syncsOne(2).syncsOne(2);

    assertThat(s.inFlight(2, 1)).containsExactly(new Message.Vote(5, true, false));
    assertThat(s.node(2).disk().durable().hard()).isEqualTo(new HardState(5, 1));
  }

  @Test
  @DisplayName("D1: a node that crashed before its vote was on disk may vote for another")
  void whatWasNotPromisedMayBeForgotten() {
    Scenario s = Scenario.of(3).holdsDisk(2).passes(RaftOptions.DEFAULT.electionTimeout());
    s.arrives(1, 2, new Message.AskVote(5, Position.ORIGIN, false, false)).crashes(2).starts(2);
    s.releasesDisk(2).passes(RaftOptions.DEFAULT.electionTimeout());

    s.arrives(3, 2, new Message.AskVote(5, Position.ORIGIN, false, false));

    assertThat(s.inFlight(2, 3)).containsExactly(new Message.Vote(5, true, false));
  }

  @Test
  @DisplayName("E1: a vote survives a crash")
  void aVoteSurvivesACrash() {
    Scenario s = Scenario.of(3).passes(RaftOptions.DEFAULT.electionTimeout());
    s.arrives(1, 2, new Message.AskVote(5, Position.ORIGIN, false, false)).crashes(2).starts(2);
    s.losesAll().passes(RaftOptions.DEFAULT.electionTimeout());

    s.arrives(3, 2, new Message.AskVote(5, Position.ORIGIN, false, false));

    assertThat(s.inFlight(2, 3)).containsExactly(new Message.Vote(5, false, false));
  }

  @Test
  @DisplayName("D2, L12: a lone voter leads only when its own vote is on disk")
  void aLoneVoterLeadsOnlyWhenItsVoteIsOnDisk() {
    Scenario s = Scenario.of(1).holdsDisk(1).timesOut(1);
    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.CANDIDATE);

    s.syncsOne(1);

    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("D4: an acknowledgement leaves only when the entries are on disk")
  void anAcknowledgementLeavesOnlyWhenTheEntriesAreOnDisk() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(2).proposes(1, "a").delivers(1, 2);
    assertThat(s.inFlight(2, 1)).isEmpty();

    s.syncsOne(2);

    assertThat(s.inFlight(2, 1))
        .singleElement()
        .isInstanceOfSatisfying(
            Message.Replicated.class, ack -> assertThat(ack.matched()).isEqualTo(2));
  }

  @Test
  @DisplayName("D5: a leader counts its own copy only when it is on disk")
  void aLeaderCountsItsOwnCopyOnlyWhenItIsOnDisk() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(1).cuts(1, 3).proposes(1, "a").deliversAll();
    assertThat(s.raft(1).commit()).isEqualTo(1);

    s.syncsOne(1);

    assertThat(s.raft(1).commit()).isEqualTo(2);
  }

  @Test
  @DisplayName("D6: entries leave while the leader's own disk still writes them")
  void entriesLeaveWhileTheLeadersDiskStillWritesThem() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(1).proposes(1, "a").deliversAll();

    assertThat(s.node(1).disk().durable().last()).isEqualTo(NOOP);
    assertThat(s.node(2).disk().durable().last()).isEqualTo(new Position(2, 1));
    assertThat(s.raft(1).commit()).as("n2 and n3 are a majority without n1").isEqualTo(2);
  }

  @Test
  @DisplayName("D7: a heartbeat is answered while the disk is busy, and acknowledges no data")
  void aHeartbeatIsAnsweredWhileTheDiskIsBusy() {
    Scenario s = Scenario.of(3).elects(1).beats(1).cuts(1, 3);
    s.holdsDisk(2).proposes(1, "a").delivers(1, 2).beats(1);

    assertThat(s.raft(1).leaseUntil()).isGreaterThan(s.now());
    assertThat(s.raft(1).peers().getFirst().match()).isEqualTo(1);
    assertThat(s.raft(1).commit()).isEqualTo(1);
  }

  @Test
  @DisplayName("D8: a log newer than the recorded term raises the term and forgets the vote")
  void aLogNewerThanTheTermRaisesTheTerm() {
    RecoveredLog log =
        new RecoveredLog(Position.ORIGIN, List.of(new RecoveredLog.TermRun(1, 7)), 3, 0);
    Raft raft =
        new Raft(
            new Raft.Start(1, Membership.of(1, 2, 3), new HardState(5, 2), log, 0),
            RaftOptions.DEFAULT,
            () -> 0,
            0);

    assertThat(raft.hardState()).isEqualTo(new HardState(7, 0));
  }

  @Test
  @DisplayName("D9, L12: a lone voter applies nothing that is not on its disk")
  void aLoneVoterAppliesNothingThatIsNotOnDisk() {
    Scenario s = Scenario.of(1).elects(1).holdsDisk(1).proposes(1, "a");
    assertThat(s.raft(1).commit()).isEqualTo(1);
    assertThat(s.node(1).applied()).hasSize(1);

    s.syncsOne(1);

    assertThat(s.node(1).applied()).hasSize(2);
  }

  @Test
  @DisplayName(
      "D9, L17: what was committed while the disk was slow is applied as soon as it is there")
  void whatWasCommittedWhileTheDiskWasSlowIsAppliedWhenItIsThere() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(2).proposes(1, "a").deliversAll().beats(1);
    assertThat(s.raft(2).commit()).isEqualTo(2);
    assertThat(s.node(2).applied()).hasSize(1);

    s.syncsOne(2);

    assertThat(s.node(2).applied()).hasSize(2);
  }

  @Test
  @DisplayName("D13: the commit index is not stored but learnt anew")
  void theCommitIndexIsLearntAnewAfterARestart() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    s.crashes(2).starts(2);
    assertThat(s.raft(2).commit()).isZero();

    s.beats(1); // and nobody writes anything

    assertThat(s.raft(2).commit()).isEqualTo(2);
    assertThat(s.node(2).applied()).hasSize(2);
  }

  @Test
  @DisplayName("L9: a write of entries that were truncated meanwhile proves nothing")
  void aWriteOfTruncatedEntriesProvesNothing() {
    // n1, alone, writes 2/1 and 3/1; before they are on disk n2's 2/2 replaces them; then n1's
    // first write completes, and only the first.
    Scenario s = Scenario.of(3).elects(1).isolates(1).holdsDisk(1).proposes(1, "x", "y");
    s.passes(RaftOptions.DEFAULT.electionTimeout()).elects(2).heals().beats(2);
    assertThat(s.raft(1).last()).isEqualTo(new Position(2, 2));
    s.losesAll();

    s.syncsOne(1);
    assertThat(s.inFlight(1, 2)).noneMatch(m -> m instanceof Message.Replicated);
    assertThat(s.node(1).applied()).hasSize(1);
    s.releasesDisk(1);

    assertThat(s.inFlight(1, 2)).anyMatch(m -> m instanceof Message.Replicated);
    assertThat(s.node(1).disk().durable().last()).isEqualTo(new Position(2, 2));
  }

  @Test
  @DisplayName("S1: a log that failed once is not used again, and everybody who asks is told")
  void aFailedLogIsFinal() {
    Scenario s = Scenario.of(1).elects(1);
    s.node(1).expectToFail();
    s.on(1, new Event.StorageFailed(new IOException("sync failed"))).effects();

    s.proposes(1, "a").reads(1, "r").transfers(1, 0).on(1, new Event.Persisted(99)).looksAtClock(1);

    assertThat(s.effects())
        .hasSize(3)
        .allMatch(e -> e instanceof Effect.Refuse r && r.refusal() instanceof Refusal.Stopped);
    assertThat(s.raft(1).nextDeadline()).isEqualTo(Long.MAX_VALUE);
    assertThat(s.raft(1).leadsAndHasCaughtUp()).isFalse();
  }
}
