package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class OverloadTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private static String[] values(String name, int count) {
    return IntStream.range(0, count).mapToObj(i -> name + i).toArray(String[]::new);
  }

  @Test
  void entriesThatReplacedARecoveredTailAreDischargedOnceApplied() {
    // given: n3 restarts with an uncommitted tail that a new leader overwrites
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.unappliedBytes(700));
    s.elects(3).isolates(3).proposes(3, values("lost", 15));
    s.crashes(3).starts(3);
    s.elects(1).proposes(1, values("kept", 15)).deliversAll();
    s.heals().beats(1).beats(1).beats(1);
    assertThat(s.node(3).applied()).hasSize(s.node(1).applied().size());

    // when: it leads
    s.transfers(1, 3).deliversAll();
    s.effects();
    s.proposes(3, "more").deliversAll();

    // then
    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Refuse);
  }

  @Test
  void aDiskThatHangsGathersNoAnswersWithoutEnd() {
    // given: one acknowledgement waits for n2's disk, and n1 asks again and again
    Scenario s = Scenario.of(3).elects(1).holdsDisk(2).proposes(1, "a").delivers(1, 2);
    for (int round = 0; round < 50; round++) {
      s.passes(RaftOptions.DEFAULT.heartbeatInterval()).beats(1);
    }
    assertThat(s.raft(2).load().held()).isEqualTo(1);

    // when
    s.syncsOne(2);

    // then: the answer confirms the last request
    assertThat(s.inFlight(2, 1))
        .singleElement()
        .isInstanceOfSatisfying(
            Message.Replicated.class,
            ack -> {
              assertThat(ack.matched()).isEqualTo(2);
              assertThat(s.now() - ack.sentAt())
                  .isLessThanOrEqualTo(RaftOptions.DEFAULT.heartbeatInterval().toNanos());
            });
  }

  @Test
  void aLongLogOfWhichNobodyKnowsWhatIsCommittedIsNotKeptInMemory() {
    // given: n3 missed everything, and n2, which has it all, forgot what is committed
    RaftOptions tight = Options.limits(300, 2, 500, 200);
    Scenario s = new Scenario(Scenario.votersUpTo(3), tight).elects(1).isolates(3);
    for (int i = 0; i < 40; i++) {
      s.proposes(1, "value" + i).deliversAll();
    }
    s.crashes(1).crashes(2).starts(2).heals().passes(TIMEOUT);

    // when: n2 needs n3 to commit any of it; the ledger looks at n3's memory after each step
    s.elects(2).beats(2).beats(2).deliversAll();

    assertThat(s.node(3).applied()).hasSizeGreaterThan(40).isEqualTo(s.node(2).applied());
  }

  @Test
  void whatWaitsForTheDiskSaysAsMuchAsTheBestOfAllRequests() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(2).proposes(1, "a");
    Message.Replicate request = (Message.Replicate) s.inFlight(1, 2).getFirst();
    s.delivers(1, 2).passes(TIMEOUT.dividedBy(8)).proposes(1, "b");
    // when: the requests arrive, then an older one that they have overtaken
    s.delivers(1, 2).arrives(1, 2, shorter(request)).syncsOne(2).syncsOne(2);

    assertThat(s.inFlight(2, 1))
        .last()
        .isInstanceOfSatisfying(
            Message.Replicated.class,
            ack -> {
              assertThat(ack.matched()).isEqualTo(3);
              assertThat(ack.sentAt()).isEqualTo(s.now());
            });
  }

  private static Message.Replicate shorter(Message.Replicate request) {
    return new Message.Replicate(
        request.term(), request.session(), request.previous(), List.of(), 0, request.sentAt());
  }

  @Test
  void aLeaderWhoseEvictedTailIsReplacedTakesProposalsAgain() {
    // given: n1 has more in its log than fits in memory, of which nobody else knows
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.limits(1 << 20, 8, 100, 1));
    s.elects(1).isolates(1).proposes(1, "x".repeat(200));
    assertThat(s.raft(1).load().tailBytes()).isLessThan(200);

    // when: another leader replaces it, and n1 leads again
    s.passes(TIMEOUT.multipliedBy(2)).elects(2).heals().beats(2).beats(2).deliversAll();
    s.transfers(2, 1).deliversAll();
    s.effects();
    s.proposes(1, "y").deliversAll();

    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Refuse);
    assertThat(s.raft(1).load().unappliedBytes()).isZero();
  }

  @Test
  void aFollowerWhoseStateMachineIsSlowFallsBehindOnlySoFar() {
    RaftOptions tight = Options.applyBytes(Options.limits(1 << 20, 8, 500, 200), 100);
    Scenario s = new Scenario(Scenario.votersUpTo(3), tight).elects(1).holdsApplying(3);
    for (int i = 0; i < 60; i++) {
      s.proposes(1, "value" + i).deliversAll();
    }
    assertThat(s.raft(1).commit()).isEqualTo(61);
    assertThat(s.raft(3).last().index()).isLessThan(40);

    // when
    s.releasesApplying(3).beats(1).beats(1).beats(1).deliversAll();

    assertThat(s.node(3).applied()).isEqualTo(s.node(1).applied());
  }

  @Test
  void aFollowerFullOfUncommittedEntriesTakesWhatReplacesThem() {
    // given: n3 holds more uncommitted bytes than it takes from anybody, of n1's term
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.unappliedBytes(100));
    s.elects(1).proposes(1, "x");
    long session = ((Message.Replicate) s.inFlight(1, 3).getFirst()).session();
    s.deliversAll();
    Position last = s.raft(3).last();
    List<Entry> flood =
        IntStream.rangeClosed(1, 10)
            .mapToObj(i -> new Entry(last.index() + i, 1, 0, Entry.Kind.COMMAND, new byte[50]))
            .toList();
    s.arrives(1, 3, new Message.Replicate(1, session, last, flood, 0, s.now())).losesAll();

    // when: n2 leads by the vote of n1, which is gone afterwards, so that n2 needs n3
    s.isolates(3).passes(TIMEOUT.multipliedBy(2)).timesOut(1).elects(2).crashes(1).heals();
    s.beats(2).beats(2).beats(2);

    assertThat(s.raft(2).roleChange().role()).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).commit()).isEqualTo(s.raft(2).last().index());
    assertThat(s.raft(3).last()).isEqualTo(s.raft(2).last());
  }
}
