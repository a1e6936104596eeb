package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What no disk could hold never gets as far as a disk.
final class LargeEntriesTest {

  private static final byte[] LARGE = new byte[Durability.MAX_CHANGE_BYTES / 3];

  private static Event.Proposed proposed(byte[]... payloads) {
    return new Event.Proposed(
        java.util.Arrays.stream(payloads)
            .map(payload -> new Event.Proposal(new Scenario.Name(payload.length + "B"), payload))
            .toList());
  }

  private static List<Effect.Persist> writes(Scenario s) {
    return s.effects().stream()
        .filter(Effect.Persist.class::isInstance)
        .map(Effect.Persist.class::cast)
        .filter(write -> !write.entries().isEmpty())
        .toList();
  }

  @Test
  void aCommandLargerThanAnEntryMayBeIsRefusedAndTheOthersAreNot() {
    Scenario s = Scenario.of(3).elects(1).isolates(1);
    s.effects();
    byte[] tooLarge = new byte[Entry.MAX_PAYLOAD_BYTES + 1];

    s.on(1, proposed(LARGE, tooLarge, new byte[Entry.MAX_PAYLOAD_BYTES]));

    List<Effect> effects = s.effects();
    assertThat(effects)
        .filteredOn(Effect.Refuse.class::isInstance)
        .containsExactly(
            new Effect.Refuse(
                new Scenario.Name(tooLarge.length + "B"),
                new Refusal.TooLarge(tooLarge.length, Entry.MAX_PAYLOAD_BYTES)));
    assertThat(effects).filteredOn(Effect.Accept.class::isInstance).hasSize(2);
    assertThat(s.raft(1).last().index()).isEqualTo(3);
  }

  @Test
  void whatIsProposedTogetherIsWrittenInPartsThatAnyLogTakes() {
    Scenario s = Scenario.of(1).elects(1);
    s.effects();

    s.on(1, proposed(Collections.nCopies(7, LARGE).toArray(new byte[0][])));

    List<Effect.Persist> writes = writes(s);
    assertThat(writes).hasSizeGreaterThan(2);
    assertThat(writes)
        .allSatisfy(
            write ->
                assertThat(write.entries().stream().mapToLong(Entry::size).sum())
                    .isLessThanOrEqualTo(Durability.MAX_CHANGE_BYTES));
    assertThat(s.node(1).disk().durable().last()).isEqualTo(new Position(8, 1));
    assertThat(s.raft(1).commit()).isEqualTo(8);
  }

  @Test
  void anAcknowledgementWaitsForTheLastPartAndTheFirstOneTruncates() {
    // given: n3 has a tail that nobody else has
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.limits(1 << 30, 8, 1 << 30, 1 << 30));
    s.elects(3).isolates(3).proposes(3, "lost", "lost too").losesAll();
    s.elects(1).losesAll();
    s.on(1, proposed(Collections.nCopies(7, LARGE).toArray(new byte[0][]))).deliversAll();
    s.heals().holdsDisk(3);
    s.effects();

    // when: more than one change holds arrives at once
    s.passes(RaftOptions.DEFAULT.heartbeatInterval()).beats(1).beats(1);

    // then
    assertThat(writes(s))
        .hasSizeGreaterThan(2)
        .extracting(Effect.Persist::truncateFrom)
        .startsWith(2L)
        .endsWith(0L);
    while (s.node(3).disk().unsynced().size() > 1) {
      s.syncsOne(3);
      assertThat(s.inFlight(3, 1)).noneMatch(Message.Replicated.class::isInstance);
    }
    s.syncsOne(3);
    assertThat(s.inFlight(3, 1))
        .filteredOn(Message.Replicated.class::isInstance)
        .singleElement()
        .isInstanceOfSatisfying(
            Message.Replicated.class, ack -> assertThat(ack.matched()).isEqualTo(9));
  }

  @Test
  void aCrashBetweenTwoPartsLeavesALogThatTheLeaderGoesOnWith() {
    Scenario s = Scenario.of(3).elects(1).holdsDisk(2).isolates(3);
    s.on(1, proposed(Collections.nCopies(7, LARGE).toArray(new byte[0][])));
    List<Entry> sent = List.copyOf(s.node(1).disk().written().entries().subList(1, 8));
    s.losesAll().arrives(1, 2, new Message.Replicate(1, 1, new Position(1, 1), sent, 1, 0));
    s.syncsOne(2).crashes(2);
    assertThat(s.node(2).disk().durable().last().index()).isBetween(2L, 7L);

    s.starts(2).releasesDisk(2);
    for (int i = 0; i < 12; i++) {
      s.passes(Duration.ofMillis(1)).beats(1);
    }

    assertThat(s.raft(2).last()).isEqualTo(s.raft(1).last());
    assertThat(s.raft(1).commit()).isEqualTo(8);
  }
}
