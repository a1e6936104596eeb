package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Somebody wants a number that a member has already.
final class TakenNumberTest {

  private static final long ANOTHER_DISK = 99;

  @Test
  void anotherNodeDoesNotGetTheNumberOfOneThatAnswers() {
    Scenario s = addressed();

    assertThat(refusal(s, add(2, "x:2", ANOTHER_DISK)))
        .isInstanceOfSatisfying(
            Refusal.ChangeInProgress.class,
            why -> assertThat(why.what()).contains("node 2 at h:2", "answers"));
    assertThat(refusal(s, add(1, "x:1", ANOTHER_DISK)))
        .isInstanceOf(Refusal.ChangeInProgress.class);
    introduces(s, 2, "x:2");

    assertThat(s.raft(1).membership().voters()).containsExactly(1, 2, 3);
    assertThat(s.raft(1).membership().member(2).incarnation()).isNotEqualTo(ANOTHER_DISK);
  }

  @Test
  void itGetsTheNumberOfOneThatIsSilent() {
    Scenario s = addressed().isolates(2);
    for (int i = 0; i < 30; i++) {
      s.beats(1);
    }

    s.asksFor(1, add(2, "x:2", ANOTHER_DISK)).deliversAll().beats(1);

    assertThat(s.raft(1).membership().learners()).contains(2);
    assertThat(s.raft(1).membership().member(2).incarnation()).isEqualTo(ANOTHER_DISK);
    assertThat(s.raft(1).membership().member(2).address()).isEqualTo("x:2");
  }

  @Test
  void aNewDiskAtTheSameAddressIsTheSameNodes() {
    Scenario s = addressed();

    introduces(s, 2, "h:2");

    assertThat(s.raft(1).membership().voters()).doesNotContain(2);
    assertThat(s.raft(1).membership().member(2).incarnation()).isEqualTo(ANOTHER_DISK);
  }

  @Test
  void addingAMemberAgainDoesNotMoveIt() {
    Scenario s = addressed();

    assertThat(refusal(s, add(2, "x:2", 0)))
        .isInstanceOfSatisfying(
            Refusal.Invalid.class, why -> assertThat(why.why()).contains("readdress"));
    assertThat(refusal(s, add(1, "x:1", 0))).isInstanceOf(Refusal.Invalid.class);
    assertThat(s.raft(1).membership().member(2).address()).isEqualTo("h:2");
  }

  private static void introduces(Scenario s, int id, String address) {
    s.arrives(id, 1, new Message.Introduce(0, ANOTHER_DISK, new TreeMap<>(), false, address));
  }

  /// Three nodes with addresses, led by the first.
  private static Scenario addressed() {
    Scenario s = Scenario.founded(3).elects(1).beats(1);
    for (int id = 1; id <= 3; id++) {
      s.asksFor(1, new MembershipChange.Readdress(id, "h:" + id)).deliversAll().beats(1);
    }
    s.effects();
    return s;
  }

  private static MembershipChange add(int id, String address, long incarnation) {
    return new MembershipChange.Add(id, new Membership.Member(address, incarnation, false, 0));
  }

  private static Refusal refusal(Scenario s, MembershipChange change) {
    s.effects();
    s.asksFor(1, change);
    return s.effects().stream()
        .filter(Effect.Refuse.class::isInstance)
        .map(effect -> ((Effect.Refuse) effect).refusal())
        .findFirst()
        .orElseThrow();
  }
}
