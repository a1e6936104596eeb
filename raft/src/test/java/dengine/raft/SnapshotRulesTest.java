package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Logs that begin after a snapshot, and followers that need one.
final class SnapshotRulesTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  /// n1 leads, n3 is cut off, and the log does not reach back to it.
  private static Scenario withoutNode3() {
    Scenario s = Scenario.founded(3, 4).elects(1).beats(1).isolates(3);
    s.proposes(1, "a", "b").deliversAll().takesSnapshot(1);
    assertThat(s.raft(1).base()).isEqualTo(new Position(3, 1));
    s.effects();
    return s;
  }

  private static Scenario untilOffered(Scenario s) {
    s.heals();
    for (int i = 0; i < 3; i++) {
      s.beats(1);
    }
    return s;
  }

  private static <T extends Effect> List<T> all(Scenario s, Class<T> kind) {
    return s.effects().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static void agrees(Scenario s, int id) {
    assertThat(s.node(id).applied()).isEqualTo(s.node(1).applied());
    assertThat(s.node(id).disk().durable().entries())
        .isEqualTo(s.node(1).disk().durable().entries());
  }

  private static Message.OfferSnapshot offer(Scenario s, int from, SnapshotPoint point) {
    return new Message.OfferSnapshot(s.raft(from).hardState().term(), 9, point, 1, 1);
  }

  @Test
  void aFollowerThatNeedsWhatIsGoneGetsASnapshot() {
    Scenario s = untilOffered(withoutNode3()).proposes(1, "c").deliversAll().beats(1);

    agrees(s, 3);
    assertThat(all(s, Effect.Install.class)).hasSize(1);
    s.crashes(3).starts(3).beats(1).beats(1);
    agrees(s, 3);
  }

  @Test
  @DisplayName("C1: a log that conflicts with the snapshot is gone when that is installed")
  void aConflictingLogIsGivenUp() {
    Scenario s = Scenario.founded(3).elects(3).isolates(3).proposes(3, "x", "y", "z", "w", "v");
    s.losesAll().passes(TIMEOUT).elects(1).proposes(1, "a").deliversAll().takesSnapshot(1);
    assertThat(s.raft(3).last().index()).isGreaterThan(s.raft(1).last().index());

    untilOffered(s);

    agrees(s, 3);
    assertThat(s.raft(3).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("C2: the snapshot's configuration replaces whatever the log said")
  void theSnapshotsConfigurationReplacesTheLogs() {
    Scenario s = Scenario.founded(3, 4, 5).elects(3).isolates(3);
    s.asksFor(3, new MembershipChange.Add(4, new Membership.Member("n4", 40, true, 0)));
    s.losesAll().passes(TIMEOUT).elects(1).cuts(1, 5);
    s.asksFor(1, new MembershipChange.Add(5, new Membership.Member("n5", 50, true, 0)));
    s.deliversAll().beats(1).takesSnapshot(1);
    assertThat(s.raft(3).membership().learners()).containsExactly(4);

    untilOffered(s);

    assertThat(s.raft(3).membership()).isEqualTo(s.raft(1).membership());
    assertThat(s.raft(3).membership().learners()).containsExactly(5);
    assertThat(s.effects())
        .contains(new Effect.Configured(s.raft(1).membershipIndex(), s.raft(1).membership(), true));
    assertThat(s.crashes(3).starts(3).raft(3).membership()).isEqualTo(s.raft(1).membership());
  }

  @Test
  @DisplayName("C3: an older snapshot changes nothing, and is acknowledged")
  void anOlderSnapshotChangesNothing() {
    Scenario s = withoutNode3();
    SnapshotPoint old = s.node(1).disk().snapshot().orElseThrow();
    untilOffered(s).proposes(1, "c", "d").deliversAll().beats(1).effects();

    s.arrives(1, 3, offer(s, 1, old)).on(3, new Event.SnapshotFetched(old));

    assertThat(s.raft(3).applied()).isEqualTo(s.raft(1).applied());
    assertThat(s.inFlight(3, 1))
        .containsExactly(new Message.Replicated(1, 9, old.position().index(), Message.NEVER));
    assertThat(s.effects())
        .noneMatch(e -> e instanceof Effect.Install || e instanceof Effect.Persist);
  }

  @Test
  @DisplayName("C4: what was handed out before the snapshot does not disturb it, or come after it")
  void whatIsBeingAppliedDoesNotDisturbTheSnapshot() {
    Scenario s = Scenario.founded(3).elects(1).beats(1).holdsApplying(3);
    s.proposes(1, "a", "b").deliversAll().beats(1).isolates(3);
    s.proposes(1, "c", "d").deliversAll().takesSnapshot(1).effects();

    untilOffered(s.holdsInstalling(3)).on(3, new Event.Applied(3));
    s.installs(3).releasesApplying(3).proposes(1, "e").deliversAll().beats(1);

    assertThat(s.raft(3).applied()).isEqualTo(s.raft(1).applied());
    assertThat(s.node(3).applied()).isEqualTo(s.node(1).applied());
  }

  @Test
  @DisplayName("C5, D12: only what a durable snapshot covers, and the state machine has, goes")
  void onlyWhatASnapshotCoversGoes() {
    Scenario s = Scenario.founded(3).elects(1).holdsApplying(1).proposes(1, "a", "b", "c");
    s.deliversAll();
    SnapshotPoint point = new SnapshotPoint(new Position(3, 1), 0, s.raft(1).membership(), 0);
    s.node(1).disk().save(point);
    s.effects();

    s.on(1, new Event.SnapshotTaken(point, 100));
    assertThat(all(s, Effect.Compact.class)).as("applied is 1 at most").allMatch(up(1));
    s.releasesApplying(1).on(1, new Event.SnapshotTaken(point, 100));

    assertThat(all(s, Effect.Compact.class))
        .containsExactly(new Effect.Compact(new Position(3, 1)));
  }

  private static java.util.function.Predicate<Effect.Compact> up(long index) {
    return compact -> compact.upTo().index() <= index;
  }

  @Test
  void theLogKeepsWhatTheHostWantsKept() {
    Scenario s = Scenario.founded(3).elects(1).proposes(1, "a", "b", "c").deliversAll();
    SnapshotPoint point = s.node(1).point().orElseThrow();
    s.node(1).disk().save(point);

    s.on(1, new Event.SnapshotTaken(point, 3));

    assertThat(s.raft(1).base()).isEqualTo(new Position(2, 1));
  }

  @Test
  @DisplayName("C6: a second snapshot may arrive while the first is being installed")
  void aSecondSnapshotArrivesWhileTheFirstIsBeingInstalled() {
    Scenario s = untilOffered(withoutNode3().holdsInstalling(3));
    s.isolates(3).proposes(1, "c", "d").deliversAll();
    for (int i = 0; i < 6; i++) {
      s.beats(1);
    }
    s.takesSnapshot(1);
    assertThat(s.raft(1).base().index()).isEqualTo(5);

    untilOffered(s).on(3, new Event.Installed(3));
    assertThat(s.raft(3).applied()).isEqualTo(3);
    s.installs(3).proposes(1, "e").deliversAll().beats(1);

    agrees(s, 3);
  }

  @Test
  @DisplayName("C7: what comes after a snapshot stays in the log while it is under way")
  void theLogWaitsForASnapshotThatIsUnderWay() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3));
    s.proposes(1, "c", "d").deliversAll().takesSnapshot(1);
    assertThat(s.raft(1).base().index()).as("n3 is fetching the state of 3").isEqualTo(3);
    s.endsSending(1, 3);
    assertThat(s.raft(1).base().index()).as("and has not said that it has it").isEqualTo(3);

    s.fetches(3).deliversAll().beats(1);

    agrees(s, 3);
    assertThat(s.raft(1).base().index()).isEqualTo(5);
  }

  @Test
  @DisplayName("C7: but not for a peer that is gone, or takes none: the log would grow for ever")
  void theLogDoesNotWaitForAPeerThatIsGone() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3)).isolates(3);
    for (int i = 0; i < 60; i++) {
      s.beats(1);
    }

    s.proposes(1, "c").deliversAll().takesSnapshot(1);

    assertThat(s.raft(1).base().index()).isEqualTo(4);
  }

  @Test
  @DisplayName("C7: nor for one that is there and fails to take it again and again")
  void theLogDoesNotWaitForAPeerThatTakesNoSnapshot() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3));
    s.proposes(1, "c").deliversAll().takesSnapshot(1);
    for (int i = 0; i < 4; i++) {
      assertThat(s.raft(1).base().index()).isEqualTo(i < 3 ? 3 : 4);
      s.endsSending(1, 3).beats(1);
    }

    s.fetches(3).deliversAll().beats(1).beats(1);

    agrees(s, 3);
  }

  @Test
  @DisplayName("C7: nor without end for one that takes a snapshot more slowly than the log grows")
  void theLogDoesNotWaitForEverForAPeerThatIsSlow() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3));
    for (int i = 1; i < Snapshots.MOST_HELD; i++) {
      s.proposes(1, "c").deliversAll().takesSnapshot(1).beats(1);
      assertThat(s.raft(1).base().index()).as("after %d snapshots", i).isEqualTo(3);
    }

    s.proposes(1, "c").deliversAll().takesSnapshot(1);
    assertThat(s.raft(1).base()).isEqualTo(s.node(1).disk().snapshot().orElseThrow().position());

    s.fetches(3).deliversAll().beats(1).beats(1);
    agrees(s, 3);
  }

  @Test
  @DisplayName("L14: a new leader whose connection breaks does not begin with what it has not got")
  void aBrokenConnectionIsNoReasonForASnapshot() {
    Scenario s = Scenario.founded(3).elects(1).proposes(1, "a", "b", "c").deliversAll().beats(1);
    s.takesSnapshot(2).crashes(1).elects(2).effects();

    s.losesAll().tellsUnreachable(2, 1).starts(1).beats(2).beats(2);

    assertThat(all(s, Effect.SendSnapshot.class)).isEmpty();
    assertThat(s.raft(1).last()).isEqualTo(s.raft(2).last());
  }

  @Test
  @DisplayName("L5: a leader that contradicts what a snapshot covers stops the node")
  void aContradictionOfWhatASnapshotCoversStopsTheNode() {
    Scenario s = Scenario.founded(3).elects(1).proposes(1, "a", "b", "c").deliversAll().beats(1);
    s.takesSnapshot(2);
    Position base = s.raft(2).base();
    s.node(2).expectToFail();

    s.arrives(
        3,
        2,
        new Message.Replicate(
            9,
            1,
            new Position(base.index() - 1, 1),
            List.of(
                new Entry(base.index(), 9, 0, Entry.Kind.NOOP, new byte[0]),
                new Entry(base.index() + 1, 9, 0, Entry.Kind.NOOP, new byte[0])),
            0,
            0));

    assertThat(s.effects().getLast())
        .isInstanceOfSatisfying(
            Effect.Fatal.class, f -> assertThat(f.cause()).hasMessageContaining("committed"));
  }

  @Test
  @DisplayName("C8: a snapshot that got lost is sent again when the peer is heard from")
  void aSnapshotThatGotLostIsSentAgain() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3));
    assertThat(all(s, Effect.SendSnapshot.class)).hasSize(1);
    s.beats(1).beats(1);
    assertThat(all(s, Effect.SendSnapshot.class)).as("one at a time").isEmpty();

    s.endsSending(1, 3).beats(1);

    assertThat(all(s, Effect.SendSnapshot.class)).hasSize(1);
    agrees(s.fetches(3).deliversAll().beats(1), 3);
  }

  @Test
  @DisplayName("C8: a peer that is gone is not sent one snapshot after the other")
  void aPeerThatIsGoneIsNotSentSnapshotsInALoop() {
    Scenario s = untilOffered(withoutNode3().holdsFetching(3)).isolates(3);
    s.effects();

    s.endsSending(1, 3).proposes(1, "c").deliversAll().beats(1).beats(1);

    assertThat(all(s, Effect.SendSnapshot.class)).isEmpty();
  }

  @Test
  @DisplayName("D11: a snapshot is acknowledged when the log that begins after it is on disk")
  void aSnapshotIsAcknowledgedWhenTheLogIsOnDisk() {
    Scenario s = withoutNode3().holdsDisk(3).heals();
    for (int i = 0; i < 3; i++) {
      s.beats(1);
    }
    long matched = s.raft(1).peers().getLast().match();
    assertThat(matched).isLessThan(3);

    s.releasesDisk(3).deliversAll();

    assertThat(s.raft(1).peers().getLast().match()).isGreaterThanOrEqualTo(3);
  }

  @Test
  @DisplayName("E11: nobody campaigns while its state machine is being given a snapshot")
  void nobodyCampaignsWhileASnapshotIsBeingInstalled() {
    Scenario s = untilOffered(withoutNode3().holdsInstalling(3)).losesAll();

    s.arrives(1, 3, new Message.CampaignNow(1));
    s.passes(TIMEOUT.multipliedBy(3)).looksAtClock(3).looksAtClock(3);

    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.FOLLOWER);
    assertThat(s.inFlight(3, 2)).isEmpty();
    s.installs(3).timesOut(3);
    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.PRE_CANDIDATE);
  }

  @Test
  @DisplayName("L6: a previous entry that was compacted is no conflict")
  void aCompactedPreviousEntryIsNoConflict() {
    Scenario s = Scenario.founded(3).elects(1).proposes(1, "a", "b").deliversAll().beats(1);
    s.takesSnapshot(3).losesAll();
    List<Entry> entries = s.node(1).disk().durable().entries();
    Position previous = entries.get(0).position();

    s.arrives(1, 3, new Message.Replicate(1, 1, previous, entries.subList(1, 2), 2, 0));
    s.arrives(1, 3, new Message.Replicate(1, 1, previous, entries.subList(1, 3), 3, 0));

    assertThat(s.inFlight(3, 1))
        .containsExactly(new Message.Replicated(1, 1, 2, 0), new Message.Replicated(1, 1, 3, 0));
  }

  @Test
  void entriesThatAreReadForAPeerAreNotForgotten() {
    Scenario s = new Scenario(Scenario.votersUpTo(3), Options.oneEntryPerMessage(8));
    s.elects(1).isolates(2).proposes(1, "a", "b").deliversAll().beats(1);
    s.crashes(1).starts(1).losesAll().holdsReading(1).heals().timesOut(1).deliversAll();
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.ReadEntries r && r.reader() == 2);
    SnapshotPoint point = new SnapshotPoint(new Position(3, 1), 0, Scenario.votersUpTo(3), 0);
    s.node(1).disk().save(point);

    s.on(1, new Event.SnapshotTaken(point, 4));

    assertThat(s.raft(1).base().index()).as("n2 is about to get 2").isLessThan(2);
    s.readsAll(1).deliversAll();
    assertThat(s.node(2).disk().durable().last()).isEqualTo(s.raft(1).last());
  }
}
