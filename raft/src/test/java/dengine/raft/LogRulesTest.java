package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Replication: what a log may take on, give up, acknowledge and commit.
final class LogRulesTest {

  private static Entry entry(long index, long term, String value) {
    byte[] payload = value.getBytes(StandardCharsets.UTF_8);
    return new Entry(index, term, 0, Entry.Kind.COMMAND, payload);
  }

  private static Message.Replicate replicate(
      long term, Position previous, long commit, Entry... entries) {
    return new Message.Replicate(term, 1, previous, Arrays.asList(entries), commit, 0);
  }

  /// n1 follows n2 in term 1 and holds entries 1 to 3, nothing committed.
  private static Scenario follower() {
    Scenario s = Scenario.of(3);
    s.arrives(
        2,
        1,
        replicate(1, Position.ORIGIN, 0, entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "c")));
    s.effects();
    return s.losesAll();
  }

  @Test
  @DisplayName("L2: a follower commits only what a request of this leader covered")
  void aFollowerCommitsOnlyWhatARequestCovered() {
    // n1 has an old tail up to 3; the new leader's request covers 1, and its commit index is far
    // ahead.
    Scenario s = scenarioWithCommitCheckOff();

    s.arrives(3, 1, replicate(2, new Position(1, 1), 3));

    assertThat(s.raft(1).commit()).isEqualTo(1);
  }

  @Test
  @DisplayName("L3: a heartbeat commits nothing that was not proven in this term")
  void aHeartbeatCommitsNothingUnproven() {
    Scenario s = follower();

    s.arrives(3, 1, new Message.Heartbeat(2, 1, 3, 0, 0));

    assertThat(s.raft(1).commit()).isZero();
  }

  @Test
  @DisplayName("L3: an acknowledgement covers the request, not the follower's log")
  void anAcknowledgementCoversTheRequest() {
    Scenario s = follower();

    s.arrives(3, 1, replicate(2, new Position(1, 1), 0));

    assertThat(s.inFlight(1, 3))
        .singleElement()
        .isInstanceOfSatisfying(
            Message.Replicated.class, ack -> assertThat(ack.matched()).isEqualTo(1));
  }

  @Test
  @DisplayName("L4: a duplicate or overtaken request shortens nothing")
  void anOvertakenDuplicateShortensNothing() {
    Scenario s = follower();

    s.arrives(2, 1, replicate(1, Position.ORIGIN, 0, entry(1, 1, "a")));
    s.arrives(2, 1, replicate(1, new Position(1, 1), 0));

    assertThat(s.raft(1).last()).isEqualTo(new Position(3, 1));
    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Persist);
  }

  @Test
  @DisplayName("L4: only what conflicts is given up, in one write with what replaces it")
  void onlyWhatConflictsIsGivenUp() {
    Scenario s = follower();

    s.arrives(3, 1, replicate(2, new Position(1, 1), 0, entry(2, 1, "b"), entry(3, 2, "d")));

    assertThat(s.effects().stream().filter(e -> e instanceof Effect.Persist).toList())
        .last()
        .isInstanceOfSatisfying(
            Effect.Persist.class,
            write -> {
              assertThat(write.truncateFrom()).isEqualTo(3);
              assertThat(write.entries()).containsExactly(entry(3, 2, "d"));
            });
  }

  @Test
  @DisplayName("L5: a leader that contradicts a committed entry stops the node")
  void aContradictionOfACommittedEntryStopsTheNode() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a").deliversAll().beats(1);
    s.node(2).expectToFail();

    s.arrives(3, 2, replicate(9, new Position(1, 1), 0, entry(2, 9, "z")));

    assertThat(s.effects().getLast())
        .isInstanceOfSatisfying(
            Effect.Fatal.class, f -> assertThat(f.cause()).hasMessageContaining("committed"));
    assertThat(s.node(2).disk().written().at(2)).isEqualTo(new Position(2, 1));
  }

  @Test
  @DisplayName("L8: an answer to another session or an earlier term acknowledges nothing")
  void anAnswerToAnotherSessionIsIgnored() {
    Scenario s = Scenario.of(3).elects(1).isolates(2).isolates(3).proposes(1, "a");
    long session = 1; // n2's: sessions count up from 1, in the order of the peers

    s.arrives(2, 1, new Message.Replicated(1, session + 7, 2, 0));
    s.arrives(2, 1, new Message.Replicated(0, session, 2, 0));
    assertThat(s.raft(1).commit()).isEqualTo(1);
    assertThat(s.raft(1).peers().getFirst().match()).isEqualTo(1);
  }

  @Test
  @DisplayName("L7: an answer that was overtaken does not move a peer back")
  void anOvertakenConflictDoesNotMoveAPeerBack() {
    Scenario s = Scenario.of(3).elects(1).proposes(1, "a", "b").deliversAll();
    s.effects();

    s.arrives(2, 1, new Message.Conflict(1, 1, 2, Position.ORIGIN));
    s.proposes(1, "c");

    assertThat(s.inFlight(1, 2))
        .singleElement()
        .isInstanceOfSatisfying(
            Message.Replicate.class, m -> assertThat(m.previous()).isEqualTo(new Position(3, 1)));
  }

  @Test
  @DisplayName("L7: who claims to hold more than the leader has is not believed")
  void whoClaimsMoreThanTheLeaderHasIsNotBelieved() {
    Scenario s = Scenario.of(3).elects(1).isolates(2).isolates(3).proposes(1, "a");

    s.arrives(2, 1, new Message.Replicated(1, 1, 99, 0));

    assertThat(s.raft(1).commit()).isEqualTo(1);
  }

  @Test
  @DisplayName("L13: a full window recovers when everything in it was lost")
  void aFullWindowRecoversWhenEverythingInItWasLost() {
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.oneEntryPerMessage(2));
    s.elects(1).beats(1).cuts(1, 2).proposes(1, values(10)).deliversAll().heals();
    assertThat(s.raft(1).peers().getFirst().match()).isEqualTo(1);

    s.beats(1).beats(1);

    assertThat(s.raft(1).peers().getFirst().match()).isEqualTo(11);
  }

  @Test
  @DisplayName("L14: answered heartbeats do not hide that entries get lost")
  void answeredHeartbeatsDoNotHideThatEntriesGetLost() {
    Scenario s = Scenario.of(3).elects(1).beats(1).proposes(1, "a").loses(1, 2).deliversAll();

    s.beats(1).beats(1);

    assertThat(s.node(2).disk().durable().last()).isEqualTo(new Position(2, 1));
  }

  @Test
  @DisplayName("L14: a broken connection is probed anew, and what was lost is sent again")
  void aBrokenConnectionIsProbedAnew() {
    Scenario s = Scenario.of(3).elects(1).beats(1).proposes(1, "a").loses(1, 2).deliversAll();

    s.tellsUnreachable(1, 2).beats(1).beats(1);

    assertThat(s.node(2).disk().durable().last()).isEqualTo(new Position(2, 1));
  }

  @Test
  @DisplayName(
      "A1: a refused proposal is not in the log, an accepted one is where it was said to be")
  void aProposalIsAcceptedOrRefused() {
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.unappliedBytes(200));
    s.elects(1).isolates(1).effects();

    s.proposes(1, values(10));

    List<Effect> effects = s.effects();
    long refused = effects.stream().filter(e -> e instanceof Effect.Refuse).count();
    List<Long> accepted =
        effects.stream()
            .filter(e -> e instanceof Effect.Accept)
            .map(e -> ((Effect.Accept) e).position().index())
            .toList();
    assertThat(refused).isPositive();
    assertThat(accepted.size() + refused).isEqualTo(10);
    assertThat(s.raft(1).last().index()).isEqualTo(accepted.getLast());
  }

  private static String[] values(int count) {
    return IntStream.range(0, count).mapToObj(i -> "v" + i).toArray(String[]::new);
  }

  private static Scenario scenarioWithCommitCheckOff() {
    // Entry 1 is on n2's disk as well, so that a quorum holds it.
    Scenario s = follower();
    s.arrives(3, 2, replicate(1, Position.ORIGIN, 0, entry(1, 1, "a")));
    return s.losesAll();
  }
}
