package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Who takes part, and how that changes (§6; thesis chapter 4).
final class MembershipRulesTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private static MembershipChange add(int id) {
    return new MembershipChange.Add(id, new Membership.Member("n" + id, id * 10L, true, 0));
  }

  private static MembershipChange remove(Integer... ids) {
    return new MembershipChange.Remove(List.of(ids));
  }

  private static RoleChange.Kind role(Scenario s, int id) {
    return s.raft(id).roleChange().role();
  }

  /// Why the last thing that was asked for is not done; empty if it is.
  private static Optional<Refusal> refusal(Scenario s) {
    Optional<Refusal> last = Optional.empty();
    for (Effect effect : s.effects()) {
      if (effect instanceof Effect.Refuse(Ticket _, Refusal why)) {
        last = Optional.of(why);
      } else if (effect instanceof Effect.Accept) {
        last = Optional.empty();
      }
    }
    return last;
  }

  private static Scenario ledByNode1(int voters, Integer... spares) {
    return Scenario.founded(voters, spares).elects(1).beats(1);
  }

  private static void beatsForALongTime(Scenario s) {
    for (int i = 0; i < 6; i++) {
      s.beats(1);
    }
    s.effects();
  }

  @Test
  @DisplayName("M1: no change before an entry of the leader's own term is committed")
  void nothingChangesBeforeAnEntryOfTheOwnTermIsCommitted() {
    Scenario s = Scenario.founded(3, 4).timesOut(1);
    s.delivers(1, 2).delivers(2, 1).delivers(1, 2).delivers(2, 1);
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);

    s.asksFor(1, add(4));

    assertThat(refusal(s)).containsInstanceOf(Refusal.ChangeInProgress.class);
    s.deliversAll().asksFor(1, add(4));
    assertThat(refusal(s)).isEmpty();
  }

  @Test
  @DisplayName("M7: who did not elect a new leader is not silent because of that")
  void aNewLeaderFirstHearsWhoAnswers() {
    Scenario s = Scenario.founded(3).timesOut(1);
    while (s.raft(1).commit() == 0) {
      s.delivers(1, 2).delivers(2, 1);
    }

    s.asksFor(1, remove(2));

    assertThat(refusal(s)).containsInstanceOf(Refusal.ChangeInProgress.class);
    s.deliversAll().asksFor(1, remove(2));
    assertThat(refusal(s)).isEmpty();
  }

  @Test
  @DisplayName("M1: one change at a time")
  void oneChangeAtATime() {
    Scenario s = ledByNode1(3, 4, 5).asksFor(1, add(4));

    s.asksFor(1, add(5));

    assertThat(refusal(s)).containsInstanceOf(Refusal.ChangeInProgress.class);
    assertThat(s.raft(1).membership().learners()).containsExactly(4);
    s.deliversAll().asksFor(1, add(5));
    assertThat(s.raft(1).membership().learners()).containsExactly(4, 5);
  }

  @Test
  @DisplayName("M1: nor while a joint configuration is not left, or leadership is handed over")
  void noChangeWhileSomethingElseIsUnderWay() {
    Scenario s = ledByNode1(3, 4).asksFor(1, new MembershipChange.Demote(3));
    assertThat(s.raft(1).membership().isJoint()).isTrue();
    s.effects();
    s.asksFor(1, add(4));
    assertThat(refusal(s)).containsInstanceOf(Refusal.ChangeInProgress.class);

    s.deliversAll().isolates(2).proposes(1, "a").transfers(1, 2).asksFor(1, add(4));

    assertThat(refusal(s)).contains(new Refusal.Transferring(2));
  }

  @Test
  void whoeverCannotBeHandedLeadershipIsToldWhyAndWhoCan() {
    Scenario s = ledByNode1(3, 4).asksFor(1, add(4)).deliversAll();
    s.effects();

    s.transfers(1, 1);
    assertThat(refusal(s)).contains(new Refusal.Invalid("node 1 leads already"));
    s.transfers(1, 4);
    assertThat(refusal(s))
        .contains(new Refusal.Invalid("node 4 has no vote; the voters are 1, 2, 3"));
    s.transfers(1, 9);
    assertThat(refusal(s))
        .contains(
            new Refusal.Invalid("node 9 is no member of the cluster; the voters are 1, 2, 3"));
    Scenario alone = ledByNode1(1);
    alone.transfers(1, 0);
    assertThat(refusal(alone))
        .contains(
            new Refusal.Invalid("node 1 is the only voter, there is nobody to hand leadership to"));
  }

  @Test
  void onlyALeaderChangesMembers() {
    Scenario s = ledByNode1(3, 4).asksFor(2, add(4));

    assertThat(refusal(s)).contains(new Refusal.NotLeader(1));
  }

  @Test
  @DisplayName("M2: a joint configuration is left when both halves have committed it")
  void aJointConfigurationIsLeftWhenBothHalvesHaveCommittedIt() {
    Scenario s = ledByNode1(3).isolates(2).asksFor(1, new MembershipChange.Demote(3));
    s.deliversAll();
    assertThat(s.raft(1).membership().isJoint()).as("on 1 and 3 of 1 and 2").isTrue();

    s.heals().beats(1).beats(1).beats(1);

    assertThat(s.raft(1).membership().isJoint()).isFalse();
    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2);
    assertThat(s.raft(1).membership().learners()).containsExactly(3);
    assertThat(role(s, 3)).isEqualTo(RoleChange.Kind.LEARNER);
  }

  @Test
  @DisplayName("M2, M3: a new leader leaves what its predecessor entered, and not before it may")
  void aNewLeaderLeavesTheJointConfigurationOfItsPredecessor() {
    Scenario s = ledByNode1(5).asksFor(1, new MembershipChange.Demote(5));
    s.delivers(1, 2).delivers(1, 3).crashes(1).losesAll().passes(TIMEOUT);
    s.timesOut(2);
    for (int i = 0; i < 2; i++) { // they would; now they do
      for (int voter : List.of(3, 4, 5)) {
        s.delivers(2, voter).delivers(voter, 2);
      }
    }
    assertThat(role(s, 2)).isEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).membership().isJoint()).as("not committed by this leader").isTrue();

    s.deliversAll().beats(2);

    for (int id : List.of(2, 3, 4, 5)) {
      assertThat(s.raft(id).membership().voters()).containsExactly(1, 2, 3, 4);
      assertThat(s.raft(id).membership().learners()).containsExactly(5);
    }
  }

  @Test
  @DisplayName("M4: a configuration that is truncated gives way to the one before it")
  void aTruncatedConfigurationGivesWayToTheOneBefore() {
    for (boolean restarts : new boolean[] {false, true}) {
      Scenario s = ledByNode1(3, 4);
      Membership before = s.raft(1).membership();
      s.isolates(1).asksFor(1, add(4));
      assertThat(s.raft(1).membership().learners()).containsExactly(4);
      if (restarts) {
        s.crashes(1).starts(1);
        assertThat(s.raft(1).membership().learners()).containsExactly(4);
      }
      s.losesAll().passes(TIMEOUT).elects(2).effects();

      s.heals().beats(2).beats(2);

      assertThat(s.raft(1).membership()).isEqualTo(before);
      assertThat(s.effects()).contains(new Effect.Configured(0, before, false));
    }
  }

  @Test
  @DisplayName("M4: a configuration that takes another one's place at the same index takes effect")
  void aConfigurationAtTheIndexOfAnotherTakesEffect() {
    Scenario s = ledByNode1(3, 4).isolates(1).asksFor(1, remove(3)).losesAll();
    long index = s.raft(1).membershipIndex();
    Membership other = s.raft(2).membership().withDetails(java.util.Map.of());
    Entry entry = new Entry(index, 7, 0, Entry.Kind.MEMBERSHIP, other.encode());
    Position previous = new Position(index - 1, 1);
    s.effects();

    s.arrives(2, 1, new Message.Replicate(7, 1, previous, List.of(entry), 0, 0));

    assertThat(s.effects()).contains(new Effect.Configured(index, other, false));
  }

  @Test
  @DisplayName("M6: with fewer voters more is committed at once")
  void fewerVotersCommitMoreAtOnce() {
    Scenario s = ledByNode1(5).asksFor(1, remove(4, 5)).delivers(1, 2).delivers(1, 3);
    s.proposes(1, "a").delivers(1, 2).delivers(2, 1);
    long written = s.raft(1).last().index();
    assertThat(s.raft(1).commit()).as("the joint one is on 1 and 2 only").isLessThan(written - 1);

    s.delivers(3, 1);

    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(1).commit()).as("on 1 and 2").isEqualTo(written);
  }

  @Test
  @DisplayName("M6: reads do not wait for the answer of a voter that has left")
  void aReadThatWaitedForAVoterThatLeftIsServed() {
    Scenario s = ledByNode1(2).reads(1, "r").loses(1, 2);
    s.asksFor(1, remove(2)).effects();

    s.deliversAll();

    assertThat(s.raft(1).membership().voters()).containsExactly(1);
    assertThat(s.effects()).anyMatch(e -> e instanceof Effect.ServeReads);
  }

  @Test
  @DisplayName("M7: a leader that removes itself tells the others before it goes")
  void aLeaderThatRemovesItselfHandsOver() {
    Scenario s = ledByNode1(3);

    s.asksFor(1, remove(1)).deliversAll();

    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEARNER);
    assertThat(List.of(role(s, 2), role(s, 3))).contains(RoleChange.Kind.LEADER);
    assertThat(s.raft(2).membership().voters()).containsExactly(2, 3);
    assertThat(s.raft(1).nextDeadline()).as("asks nobody any more").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  @DisplayName("M7: of two voters one can go, and what it knew is not needed to go on")
  void ofTwoVotersOneCanGo() {
    Scenario s = ledByNode1(2).asksFor(1, remove(1)).deliversAll();

    s.crashes(1).beats(2).proposes(2, "a").deliversAll();

    assertThat(s.raft(2).commit()).isEqualTo(s.raft(2).last().index());
  }

  @Test
  @DisplayName("M7: the last voter stays")
  void theLastVoterStays() {
    Scenario s = ledByNode1(1).asksFor(1, remove(1));
    assertThat(refusal(s)).contains(new Refusal.WouldLoseQuorum("no voter would be left"));
  }

  @Test
  @DisplayName("M7: nothing is begun that the voters who answer could not finish")
  void noChangeThatCouldNotBeFinishedIsBegun() {
    Scenario s = ledByNode1(3).isolates(3);
    beatsForALongTime(s);

    s.asksFor(1, remove(2));

    assertThat(refusal(s))
        .contains(
            new Refusal.WouldLoseQuorum(
                "of the voters [1, 3] there would be then, [3] do not answer or are far behind"));
    s.asksFor(1, remove(3));
    assertThat(refusal(s)).as("the other two are enough").isEmpty();
  }

  @Test
  @DisplayName("E8: a removed node whose log is needed may still lead, until its removal commits")
  void aNodeWhoseRemovalIsNotCommittedMayStillLead() {
    // n1 has committed the joint configuration, alone has the one without itself, and n3 is gone.
    Scenario s = ledByNode1(4).asksFor(1, remove(1)).delivers(1, 2).delivers(1, 3);
    s.delivers(2, 1).delivers(3, 1).crashes(3).crashes(1).losesAll().starts(1);
    assertThat(s.raft(1).membership().voters()).containsExactly(2, 3, 4);
    assertThat(s.raft(1).membership().isJoint()).isFalse();
    s.passes(TIMEOUT.multipliedBy(2)).elects(2).timesOut(2).deliversAll();
    assertThat(role(s, 2)).as("needs n1, whose log is longer").isNotEqualTo(RoleChange.Kind.LEADER);

    s.passes(TIMEOUT.multipliedBy(2)).elects(1);

    assertThat(s.effects())
        .anyMatch(
            e ->
                e instanceof Effect.Announce(RoleChange change)
                    && change.role() == RoleChange.Kind.LEADER
                    && change.leader() == 1
                    && change.term() > 1);
    assertThat(s.raft(2).membership().voters()).containsExactly(2, 3, 4);
    assertThat(List.of(role(s, 2), role(s, 4))).contains(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("E8: a removed node that comes back is told so, and asks no more")
  void aRemovedNodeIsToldAndAsksNoMore() {
    Scenario s = ledByNode1(3).isolates(3).asksFor(1, remove(3)).deliversAll().heals();
    beatsForALongTime(s);

    s.looksAtClock(3).deliversAll();

    assertThat(s.raft(3).isRemoved()).isTrue();
    s.effects();
    s.timesOut(3).looksAtClock(3);
    assertThat(s.effects()).noneMatch(e -> e instanceof Effect.Send);
    assertThat(role(s, 1)).isEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("E8: so does one whose log has its removal, but not that it was committed")
  void aNodeThatRemovedItselfWithoutHearingOfTheCommitAsksNoMore() {
    Scenario s = ledByNode1(3).asksFor(1, remove(1)).delivers(1, 2).delivers(1, 3);
    s.delivers(2, 1).delivers(3, 1).delivers(1, 2).delivers(1, 3);
    s.isolates(1).crashes(1).losesAll().starts(1);
    s.passes(TIMEOUT.multipliedBy(2)).elects(2).beats(2);
    assertThat(s.raft(2).membershipIndex()).isEqualTo(s.raft(1).membershipIndex());

    s.heals().timesOut(1).deliversAll();

    assertThat(s.raft(1).isRemoved()).isTrue();
  }

  @Test
  @DisplayName("M10: who stays keeps what is proven about it; another disk begins anew")
  void whoStaysKeepsItsProgress() {
    Scenario s = ledByNode1(3, 4).proposes(1, "a").deliversAll();
    List<Raft.PeerProgress> before = s.raft(1).peers();

    s.asksFor(1, add(4));

    assertThat(s.raft(1).peers()).containsAll(before);
    assertThat(s.raft(1).peers().getLast().match()).isZero();
    s.deliversAll().wipes(3).beats(1);
    assertThat(s.raft(1).peers())
        .filteredOn(peer -> peer.id() == 3)
        .allMatch(peer -> peer.match() == 0);
  }

  @Test
  @DisplayName("L8: a removed and re-added peer is another session")
  void aPeerThatIsAddedAgainIsAnotherSession() {
    Scenario s = ledByNode1(3, 4).asksFor(1, add(4));
    s.deliversAll().beats(1).beats(1).beats(1);
    long session = sessionWith4(s);
    s.asksFor(1, remove(4)).deliversAll().asksFor(1, add(4));

    s.arrives(4, 1, new Message.Replicated(1, session, s.raft(1).last().index(), 0));

    assertThat(sessionWith4(s.beats(1))).isNotEqualTo(session);
  }

  private static long sessionWith4(Scenario s) {
    s.passes(RaftOptions.DEFAULT.heartbeatInterval()).looksAtClock(1);
    return s.inFlight(1, 4).stream()
        .filter(m -> m instanceof Message.Heartbeat)
        .map(m -> ((Message.Heartbeat) m).session())
        .findAny()
        .orElseThrow();
  }

  @Test
  @DisplayName("M11, D14: after a restart the configuration comes from snapshot and log")
  void aRestartFindsTheConfiguration() {
    for (boolean compacts : new boolean[] {false, true}) {
      Scenario s = ledByNode1(3, 4).asksFor(1, add(4)).deliversAll().beats(1);
      if (compacts) {
        s.proposes(1, "a").deliversAll().takesSnapshot(1);
      }
      Membership before = s.raft(1).membership();
      long index = s.raft(1).membershipIndex();

      s.crashes(1).starts(1);

      assertThat(s.raft(1).membership()).isEqualTo(before);
      assertThat(s.raft(1).membershipIndex()).isEqualTo(index);
    }
  }
}
