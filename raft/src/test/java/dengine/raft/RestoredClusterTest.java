package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// A cluster that was restored from a backup: its members agree on their disks before they take
/// part, so a disk that is lost later is noticed, also when the backup is restored on the new one
/// (rule L16).
final class RestoredClusterTest {

  private static final Duration TIMEOUT = RaftOptions.DEFAULT.electionTimeout();

  private final Scenario s = Scenario.founded(3).elects(1).proposes(1, "a").deliversAll().beats(1);
  private final SnapshotPoint backup = s.node(1).point().orElseThrow();

  /// A new disk with the backup on it.
  private void restores(int id) {
    s.crashes(id);
    s.node(id).restore(backup, s.node(id).incarnation() + 1);
    s.starts(id);
  }

  private void restoresAll() {
    for (int id = 1; id <= 3; id++) {
      restores(id);
    }
    s.losesAll();
  }

  private void restoredAndLedByNode1() {
    restoresAll();
    s.founds().elects(1).beats(1);
  }

  private void settles() {
    for (int i = 0; i < 12; i++) {
      s.beats(1);
    }
  }

  @Test
  void aRestoredClusterServesOnceAllItsMembersHaveAgreedOnTheirDisks() {
    restoresAll();
    s.crashes(3).founds().passes(TIMEOUT).founds();
    assertThat(s.raft(1).isRecognised()).isFalse();

    s.starts(3).passes(TIMEOUT).founds();
    s.elects(1).proposes(1, "b").deliversAll();

    assertThat(s.raft(1).commit()).isEqualTo(4);
    assertThat(List.of(11L, 21L, 31L))
        .isEqualTo(
            s.raft(2).membership().details().values().stream()
                .map(Membership.Member::incarnation)
                .toList());
    s.crashes(2).starts(2);
    assertThat(s.raft(2).isRecognised()).isTrue();
    assertThat(s.raft(2).membership()).isEqualTo(s.raft(1).membership());
  }

  @Test
  @DisplayName("L16: a backup that is restored again does not vote for what it has lost")
  void aDiskOnWhichTheBackupIsRestoredAgainElectsNobody() {
    // given: n1 and n3 acknowledge what n2 does not have, and n3's disk is lost
    restoredAndLedByNode1();
    s.crashes(2).proposes(1, "b", "c").deliversAll();
    assertThat(s.raft(1).commit()).isEqualTo(5);
    restores(3);

    // when
    s.crashes(1).losesAll().starts(2).passes(TIMEOUT.multipliedBy(2));
    for (int i = 0; i < 3; i++) {
      s.timesOut(2).timesOut(3).deliversAll().passes(TIMEOUT);
    }

    // then
    assertThat(s.raft(2).roleChange().role()).isNotEqualTo(RoleChange.Kind.LEADER);
    assertThat(s.raft(3).isRecognised()).isFalse();
    assertThat(s.raft(3).roleChange().role()).isNotEqualTo(RoleChange.Kind.LEADER);
  }

  @Test
  @DisplayName("L16: a backup that is restored again makes its node a learner first")
  void aDiskOnWhichTheBackupIsRestoredAgainComesBackAsALearner() {
    restoredAndLedByNode1();
    s.proposes(1, "b").deliversAll();
    restores(3);

    s.effects();

    s.passes(TIMEOUT).looksAtClock(3).deliversAll().beats(1);
    settles();

    assertThat(s.effects())
        .anyMatch(
            effect ->
                effect instanceof Effect.Configured now
                    && now.membership().learners().equals(List.of(3)));
    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(1).membership().member(3).incarnation()).isEqualTo(32);
    assertThat(s.raft(3).last()).isEqualTo(s.raft(1).last());
  }

  @Test
  @DisplayName("L16: what the backup says of the members gives no vote to a disk that came later")
  void aDiskThatIsRecognisedGoesByNoBackupWhenItStartsAgain() {
    // given: n3 is recognised, and hears nothing more from the leader
    restoredAndLedByNode1();
    s.proposes(1, "b").deliversAll();
    restores(3);
    s.cuts(1, 3);
    for (int i = 0; i < 5 && !s.raft(3).isRecognised(); i++) {
      s.passes(TIMEOUT.dividedBy(2)).looksAtClock(3).deliversAll().beats(1).beats(1);
    }
    assertThat(s.raft(3).isRecognised()).isTrue();
    assertThat(s.raft(3).last()).isEqualTo(backup.position());

    // when
    s.crashes(3).starts(3);

    // then
    assertThat(s.raft(3).membership()).isEqualTo(Membership.NONE);
    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.LEARNER);
  }

  @Test
  @DisplayName("L16: the backup as a snapshot from the leader gives no vote either")
  void anEmptyDiskThatGetsTheBackupFromTheLeaderGoesByNothingItSaysOfTheMembers() {
    // given: n3 lost its disk and has nothing; n1's log begins after the backup
    restoredAndLedByNode1();
    s.proposes(1, "b").deliversAll();
    s.wipes(3);
    s.effects();

    // when
    for (int i = 0; i < 20 && s.node(3).disk().snapshot().isEmpty(); i++) {
      s.passes(RaftOptions.DEFAULT.heartbeatInterval()).looksAtClock(1);
      s.delivers(1, 3).delivers(3, 1).delivers(1, 2).delivers(2, 1);
    }
    assertThat(s.node(3).disk().snapshot().orElseThrow().membership().namesNoDisk()).isTrue();

    // then
    assertThat(s.raft(3).last()).isEqualTo(backup.position());
    assertThat(s.raft(3).membership()).isEqualTo(Membership.NONE);
    s.crashes(3).starts(3);
    assertThat(s.raft(3).roleChange().role()).isEqualTo(RoleChange.Kind.LEARNER);
    settles();
    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(3).membership()).isEqualTo(s.raft(1).membership());
  }
}
