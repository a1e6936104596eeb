package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.raft.Membership;
import dengine.raft.RoleChange;
import dengine.raft.RoleChange.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What a node shows of itself, in which order, and to whom.
final class ConditionsTest {

  private static final Configuration ABC = new Configuration(0, Membership.of(1, 2, 3), true);
  private static final RoleChange WAITS = new RoleChange(1, Kind.FOLLOWER, 0);
  private static final RoleChange CAMPAIGNS = new RoleChange(2, Kind.CANDIDATE, 0);
  private static final RoleChange ELECTED = new RoleChange(2, Kind.LEADER, 1);

  private final SteppedExecution threads = new SteppedExecution();
  private final List<Condition> seen = new ArrayList<>();
  private final Conditions conditions = new Conditions(WAITS, threads::execute);

  @Test
  void whoeverFollowsGetsThePresentConditionAndThenEveryOneInOrder() {
    turn(CAMPAIGNS, false, 0);

    Watching watching = conditions.watch(seen::add);
    turn(ELECTED, false, 0);
    turn(ELECTED, true, 7);
    turn(new RoleChange(3, Kind.FOLLOWER, 2), false, 0);
    threads.settle();
    watching.close();
    turn(new RoleChange(4, Kind.FOLLOWER, 3), false, 0);
    threads.settle();

    assertThat(seen).extracting(Condition::number).containsExactly(2L, 3L, 4L);
    assertThat(seen)
        .extracting(now -> now.role().orElseThrow())
        .containsExactly(Kind.CANDIDATE, Kind.LEADER, Kind.FOLLOWER);
    assertThat(seen).extracting(Condition::leader).containsExactly(0, 1, 2);
  }

  @Test
  void aNodeThatWasElectedIsNoLeaderBeforeItMayAct() {
    turn(CAMPAIGNS, false, 0);

    turn(ELECTED, false, 0);
    assertThat(conditions.present().role()).contains(Kind.CANDIDATE);
    assertThat(conditions.present().leader()).isZero();
    assertThat(conditions.present().phase()).isEqualTo(Condition.Phase.WAITING);
    turn(ELECTED, true, 7);

    assertThat(conditions.present().isLeading()).isTrue();
    assertThat(conditions.present().phase()).isEqualTo(Condition.Phase.SERVING);
    assertThat(conditions.present().firstCommit()).isEqualTo(7);
  }

  @Test
  void whoOnlyAsksWhetherItWouldBeElectedIsAFollowerUntilItCampaigns() {
    turn(new RoleChange(1, Kind.FOLLOWER, 2), false, 0);
    Watching watching = conditions.watch(seen::add);

    turn(new RoleChange(1, Kind.PRE_CANDIDATE, 0), false, 0);
    turn(CAMPAIGNS, false, 0);
    turn(new RoleChange(2, Kind.PRE_CANDIDATE, 0), false, 0);
    turn(new RoleChange(3, Kind.CANDIDATE, 0), false, 0);
    threads.settle();
    watching.close();

    assertThat(seen)
        .extracting(now -> now.role().orElseThrow() + " in " + now.term() + " of " + now.leader())
        .containsExactly(
            "FOLLOWER in 1 of 2",
            "FOLLOWER in 1 of 0",
            "CANDIDATE in 2 of 0",
            "FOLLOWER in 2 of 0",
            "CANDIDATE in 3 of 0");
  }

  @Test
  void aFollowerThatKnowsNobodyAndAsksWhetherItWouldBeElectedTellsNothingNew() {
    long before = conditions.present().number();

    turn(new RoleChange(1, Kind.PRE_CANDIDATE, 0), false, 0);

    assertThat(conditions.present().number()).isEqualTo(before);
  }

  @Test
  void rolesThatPassWithinATurnAreToldToo() {
    conditions.watch(seen::add);
    threads.settle();

    conditions.announce(CAMPAIGNS, ABC);
    conditions.announce(new RoleChange(3, Kind.FOLLOWER, 0), ABC);
    turn(new RoleChange(3, Kind.FOLLOWER, 2), false, 0);
    threads.settle();

    assertThat(seen).extracting(Condition::term).containsExactly(1L, 2L, 3L, 3L);
  }

  @Test
  void whoeverIsSlowGetsTheNewestAndSeesHowManyHeMissed() {
    conditions.watch(seen::add);
    threads.settle();

    for (int term = 2; term <= 2 + Conditions.MAX_WAITING; term++) {
      turn(new RoleChange(term, Kind.FOLLOWER, 2), false, 0);
    }
    threads.settle();

    assertThat(seen).hasSize(2);
    assertThat(seen.getLast()).isEqualTo(conditions.present());
    assertThat(seen.getLast().number() - seen.getFirst().number())
        .isEqualTo(Conditions.MAX_WAITING + 1);
  }

  @Test
  void aTurnThatChangesNothingTellsNothing() {
    turn(CAMPAIGNS, false, 0);
    Condition before = conditions.present();

    turn(CAMPAIGNS, false, 0);

    assertThat(conditions.present()).isSameAs(before);
  }

  @Test
  void theFirstCommitOfATermStaysWhatItWas() {
    RoleChange follows = new RoleChange(2, Kind.FOLLOWER, 3);
    turn(follows, false, 0);
    turn(follows, false, 7);

    turn(follows, false, 900); // the log forgot where the term began
    assertThat(conditions.present().firstCommit()).isEqualTo(7);
    turn(new RoleChange(3, Kind.FOLLOWER, 3), false, 0);

    assertThat(conditions.present().firstCommit()).isZero();
  }

  @Test
  void anAddressOfTheLeaderThatBecomesKnownIsTold() {
    RoleChange follows = new RoleChange(2, Kind.FOLLOWER, 2);
    turn(follows, false, 0);
    assertThat(conditions.present().leaderAddress()).isEmpty();

    Membership.Member there = new Membership.Member("there:2", 0, false, 0);
    Membership found =
        new Membership(
            List.of(1, 2), List.of(), List.of(), List.of(), new TreeMap<>(Map.of(2, there)));
    conditions.update(follows, false, 0, new Configuration(5, found, false));

    assertThat(conditions.present().leaderAddress()).isEqualTo("there:2");
    assertThat(conditions.present().number()).isEqualTo(3);
  }

  @Test
  void aNodeThatStopsGoesOnUntilItIsOut() {
    turn(ELECTED, true, 7);

    conditions.stopping();
    assertThat(conditions.present().isLeading()).isTrue();
    turn(new RoleChange(3, Kind.FOLLOWER, 2), false, 0);
    assertThat(conditions.present().phase()).isEqualTo(Condition.Phase.STOPPING);
    assertThat(conditions.present().leader()).isEqualTo(2);
    conditions.out(Condition.Phase.STOPPING, null);

    assertThat(conditions.present().role()).isEmpty();
    assertThat(conditions.present().leader()).isZero();
  }

  @Test
  void noPhaseComesAfterALaterOneAndTheFirstCauseStays() {
    IllegalStateException why = new IllegalStateException("broken");
    conditions.out(Condition.Phase.STOPPING, why);
    conditions.stopping();
    conditions.out(Condition.Phase.STOPPED, new IllegalStateException("and unclean"));
    Condition last = conditions.present();

    conditions.stopping();
    conditions.out(Condition.Phase.STOPPING, null);

    assertThat(conditions.present()).isSameAs(last);
    assertThat(last.phase()).isEqualTo(Condition.Phase.STOPPED);
    assertThat(last.cause()).isEqualTo(Optional.of(why));
  }

  private void turn(RoleChange role, boolean mayAct, long firstApplied) {
    conditions.update(role, mayAct, firstApplied, ABC);
  }
}
