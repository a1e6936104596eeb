package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Reads by index, reads by lease, and handing over, which ends both.
final class ReadRulesTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private static boolean serves(Effect effect, String read) {
    return effect instanceof Effect.ServeReads served
        && served.tickets().contains(new Scenario.Name(read));
  }

  @Test
  @DisplayName(
      "R1: no read before an entry of the own term is committed; it waits and is not refused")
  void aReadWaitsForAnEntryOfTheOwnTerm() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll();
    s.crashes(1).cuts(2, 3).passes(TIMEOUT).heals().timesOut(2);
    s.delivers(2, 3).delivers(3, 2).delivers(2, 3).delivers(3, 2).loses(2, 3).effects();

    s.reads(2, "r").beats(2);
    assertThat(s.raft(2).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    s.beats(2).beats(2);

    assertThat(s.effects())
        .filteredOn(e -> serves(e, "r"))
        .singleElement()
        .isInstanceOfSatisfying(
            Effect.ServeReads.class, e -> assertThat(e.index()).isGreaterThanOrEqualTo(3));
  }

  @Test
  @DisplayName("R1: a lone voter serves reads without waiting for anybody")
  void aLoneVoterServesReads() {
    Scenario s = Scenario.of(1).elects(1).proposes(1, "a").reads(1, "r");

    assertThat(s.effects()).anyMatch(e -> serves(e, "r"));
    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @DisplayName("R2: an answer to an earlier round confirms nothing")
  void anAnswerToAnEarlierRoundConfirmsNothing() {
    Scenario s = Scenario.of(3).elects(1).beats(1).reads(1, "r1").deliversAll().reads(1, "r2");
    s.losesAll().effects();

    s.arrives(2, 1, new Message.HeartbeatAck(1, 1, 1, s.now()));
    assertThat(s.effects()).noneMatch(e -> serves(e, "r2"));
    s.arrives(2, 1, new Message.HeartbeatAck(1, 1, 2, s.now()));

    assertThat(s.effects()).anyMatch(e -> serves(e, "r2"));
  }

  @Test
  @DisplayName("R2: a read of a leader that was deposed meanwhile is refused")
  void aReadOfADeposedLeaderIsRefused() {
    Scenario s = Scenario.of(3).elects(1).beats(1).isolates(1).reads(1, "r");
    s.passes(TIMEOUT).elects(2).heals().effects();

    s.arrives(2, 1, new Message.HeartbeatAck(1, 1, 0, s.now())).beats(2);

    assertThat(s.effects()).noneMatch(e -> serves(e, "r"));
    assertThat(s.raft(1).roleChange().leader()).isEqualTo(2);
  }

  @Test
  @DisplayName("R3: a read is served at the commit index, however far applying has come")
  void aReadIsServedAtTheCommitIndex() {
    Scenario s = Scenario.of(3).elects(1).holdsApplying(1).proposes(1, "a").deliversAll();
    s.effects();

    s.reads(1, "r").deliversAll();

    assertThat(s.raft(1).applied()).isEqualTo(1);
    assertThat(s.effects())
        .contains(new Effect.ServeReads(java.util.List.of(new Scenario.Name("r")), 2));
  }

  @Test
  @DisplayName("R3: no lease before everything committed by predecessors is applied")
  void noLeaseBeforePredecessorsEntriesAreApplied() {
    Scenario s = Scenario.of(3).holdsApplying(1).elects(1).beats(1);
    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MIN_VALUE);

    s.releasesApplying(1);

    assertThat(s.raft(1).leaseUntil()).isGreaterThan(s.now());
  }

  @Test
  @DisplayName("R4: nobody who promised elects another leader while the lease lasts")
  void nobodyWhoPromisedElectsAnotherLeaderWhileTheLeaseLasts() {
    Scenario s = Scenario.of(3).elects(1).beats(1).isolates(1);
    long left = s.raft(1).leaseUntil() - s.now();

    s.passes(Duration.ofNanos(left)).looksAtClock(2).looksAtClock(3).deliversAll();
    s.arrives(3, 2, new Message.AskVote(2, new Position(9, 1), true, false));
    s.arrives(3, 2, new Message.AskVote(2, new Position(9, 1), false, false));

    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(1, 1));
    assertThat(s.raft(3).hardState()).isEqualTo(new HardState(1, 1));
  }

  @Test
  @DisplayName("R4: a node that restarted keeps the promise that it may have made before")
  void aNodeThatRestartedKeepsItsPromise() {
    Scenario s = Scenario.of(3).elects(1).beats(1).isolates(1).crashes(2).starts(2);

    s.arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, false));
    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(1, 1));
    s.passes(TIMEOUT).arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, false));

    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(2, 3));
  }

  @Test
  @DisplayName(
      "R5: handing over ends lease and reads first, and the lease for the rest of the term")
  void handingOverEndsTheLeaseForTheTerm() {
    Scenario s = Scenario.of(3).elects(1).beats(1).reads(1, "r").losesAll();
    s.effects();

    s.transfers(1, 2).losesAll();
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.Refuse r && isNamed(r, "r"));
    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MIN_VALUE);
    // The message is lost, the handover fails; but for all n1 knows n2 may campaign at any time.
    for (int i = 0; i < 6; i++) {
      s.beats(1);
    }

    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.Refuse r && isNamed(r, "transfer"));
    assertThat(s.raft(1).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(1).leaseUntil()).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  @DisplayName("R5: a handover that fails before anybody was told gives the lease back")
  void aHandoverThatFailsBeforeAnybodyWasToldGivesTheLeaseBack() {
    Scenario s = Scenario.of(3).elects(1).beats(1).isolates(2).proposes(1, "a").transfers(1, 2);
    for (int i = 0; i < 6; i++) {
      s.beats(1);
    }

    assertThat(s.raft(1).leaseUntil()).isGreaterThan(s.now());
    s.effects();
    s.proposes(1, "b");
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.Accept);
  }

  @Test
  @DisplayName("R6: only the leader's own wish lets voters ignore it")
  void onlyTheLeadersWishLetsVotersIgnoreIt() {
    Scenario s = Scenario.of(3).elects(1).beats(1);

    s.arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, false));
    assertThat(s.raft(2).hardState().term()).isEqualTo(1);
    s.arrives(3, 2, new Message.AskVote(2, s.raft(3).last(), false, true));

    assertThat(s.raft(2).hardState()).isEqualTo(new HardState(2, 3));
  }

  @Test
  void noMoreReadsWaitThanAllowed() {
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.pendingReads(2)).elects(1);
    s.reads(1, "r1").reads(1, "r2").effects();

    s.reads(1, "r3");
    assertThat(s.effects())
        .containsExactly(
            new Effect.Refuse(new Scenario.Name("r3"), new Refusal.Overloaded("maxPendingReads")));
    s.deliversAll().effects();
    s.reads(1, "r4");

    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Refuse);
  }

  @Test
  void aHandoverToWhoCannotLeadIsRefused() {
    Membership membership =
        new Membership(java.util.List.of(1, 2, 3), java.util.List.of(), java.util.List.of(4));
    Scenario s = new Scenario(membership, RaftOptions.DEFAULT).elects(1).beats(1);
    for (int target : new int[] {1, 4, 9}) {
      s.effects();
      s.transfers(1, target);
      assertThat(s.effects())
          .singleElement()
          .matches(e -> e instanceof Effect.Refuse r && r.refusal() instanceof Refusal.Invalid);
    }
  }

  private static boolean isNamed(Effect.Refuse refuse, String name) {
    return refuse.ticket().equals(new Scenario.Name(name));
  }
}
