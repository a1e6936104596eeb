package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// How many changes of the members a leader keeps that it has not applied itself.
final class MembershipLimitTest {

  private static final long UNAPPLIED_BYTES = 200;

  private static List<Refusal> refusals(Scenario s) {
    return s.effects().stream()
        .filter(effect -> effect instanceof Effect.Refuse)
        .map(effect -> ((Effect.Refuse) effect).refusal())
        .toList();
  }

  /// Found by the simulation of the core (seed 1098512): the others commit them meanwhile.
  @Test
  void aLeaderWhoseOwnDiskIsStuckTakesNoChangesWithoutBound() {
    Scenario s =
        Scenario.ofNewDisks(Scenario.votersUpTo(3), Options.unappliedBytes(UNAPPLIED_BYTES));
    s.founds().elects(1).beats(1).holdsDisk(1);
    s.effects();

    int taken = 0;
    for (; refusals(s).isEmpty(); taken++) {
      assertThat(taken).as("changes").isLessThan(100);
      s.beats(1).effects();
      s.asksFor(1, new MembershipChange.Readdress(2, "h:" + taken));
    }

    assertThat(taken).isGreaterThan(1);
    assertThat(s.raft(1).load().unappliedBytes()).isBetween(2 * UNAPPLIED_BYTES, 700L);
    s.asksFor(1, new MembershipChange.Readdress(2, "h:again"));
    assertThat(refusals(s)).containsExactly(new Refusal.Overloaded("maxUnappliedBytes"));
    s.releasesDisk(1).beats(1).effects();
    s.asksFor(1, new MembershipChange.Readdress(2, "h:again"));
    assertThat(refusals(s)).isEmpty();
  }
}
