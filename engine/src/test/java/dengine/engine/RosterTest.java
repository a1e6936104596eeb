package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What a node shows of the members, to whom, and what the transport is told.
final class RosterTest {

  private static final Membership ONE = Membership.of(1);
  private static final Membership TWO = Membership.of(1, 2);
  private static final Membership JOINT = new Membership(List.of(1, 3), List.of(1, 2), List.of());
  private static final Membership THIRD = Membership.of(1, 3);

  private final SteppedExecution threads = new SteppedExecution();
  private final List<String> told = new ArrayList<>();
  private final List<Configuration> seen = new ArrayList<>();

  @Test
  void aConfigurationCountsBeforeItIsCommittedAndMayBeTakenBack() {
    Roster roster = roster(TWO);

    roster.configured(new Effect.Configured(5, JOINT, false));
    assertThat(roster.effective()).isEqualTo(new Configuration(5, JOINT, false));
    assertThat(roster.committed()).isEqualTo(new Configuration(0, TWO, true));
    roster.configured(new Effect.Configured(0, TWO, false));

    assertThat(roster.effective()).isEqualTo(new Configuration(0, TWO, true));
  }

  @Test
  void whoeverWatchesGetsThePresentStateAndThenEveryCommittedOne() throws Exception {
    Roster roster = roster(TWO);

    AutoCloseable watch = roster.watch(seen::add);
    threads.settle();
    roster.configured(new Effect.Configured(5, JOINT, false));
    threads.settle();
    roster.configured(new Effect.Configured(5, JOINT, true));
    threads.settle();
    roster.configured(new Effect.Configured(6, THIRD, true));
    threads.settle();
    watch.close();
    roster.configured(new Effect.Configured(9, TWO, true));
    threads.settle();

    assertThat(seen)
        .containsExactly(
            new Configuration(0, TWO, true),
            new Configuration(5, JOINT, true),
            new Configuration(6, THIRD, true));
  }

  @Test
  void whoeverIsSlowMissesWhatIsNoLongerSo() {
    Roster roster = roster(TWO);
    roster.watch(seen::add);

    roster.configured(new Effect.Configured(5, JOINT, true));
    roster.configured(new Effect.Configured(6, THIRD, true));
    threads.settle();

    assertThat(seen).containsExactly(new Configuration(6, THIRD, true));
  }

  @Test
  void aCallbackThatThrowsHearsOfTheNextChangeToo() {
    Roster roster = roster(TWO);
    roster.watch(
        configuration -> {
          seen.add(configuration);
          throw new IllegalStateException("told to throw");
        });
    threads.settle();

    roster.configured(new Effect.Configured(5, JOINT, true));
    threads.settle();

    assertThat(seen).hasSize(2);
  }

  @Test
  void theTransportHearsOfPeersBeforeAndOfThoseWhoLeftAfterTheTurnsMessages() {
    Roster roster = roster(TWO);
    roster.introduce();
    roster.introduce();
    assertThat(told).containsExactly("peer 2 at ");
    told.clear();

    TreeMap<Integer, Membership.Member> details =
        new TreeMap<>(Map.of(3, new Membership.Member("host:3", 3, false, 0)));
    roster.configured(new Effect.Configured(5, JOINT.withDetails(details), false));
    roster.configured(new Effect.Configured(5, JOINT.withDetails(details), true));
    roster.forget();
    assertThat(told).contains("peer 2 at ", "peer 3 at host:3").doesNotContain("forget 2");
    told.clear();
    roster.configured(new Effect.Configured(6, THIRD, false));
    roster.forget();
    assertThat(told).as("it may be taken back").doesNotContain("forget 2");
    told.clear();
    roster.configured(new Effect.Configured(6, THIRD, true));
    assertThat(told).doesNotContain("forget 2");
    roster.forget();

    assertThat(told.getLast()).isEqualTo("forget 2");
  }

  @Test
  void aNodeThatIsNoMemberAnyMoreKnowsIt() {
    Roster roster = roster(TWO);
    assertThat(roster.isRemoved()).isFalse();

    roster.configured(new Effect.Configured(5, Membership.of(2, 3), false));
    assertThat(roster.isRemoved()).isFalse();
    roster.configured(new Effect.Configured(5, Membership.of(2, 3), true));

    assertThat(roster.isRemoved()).isTrue();
  }

  @Test
  void aNodeThatIsYetToJoinIsNotRemoved() {
    assertThat(roster(Membership.NONE).isRemoved()).isFalse();
  }

  @Test
  void foundersCountAsCommittedOnceTheyAreWrittenDown() {
    Roster roster =
        new Roster(
            1,
            new Configuration(0, TWO, false),
            new Configuration(0, Membership.NONE, true),
            new Told(),
            threads::execute);
    roster.watch(seen::add);
    threads.settle();

    roster.founding(TWO);
    threads.settle();
    roster.founded();
    threads.settle();

    assertThat(roster.effective()).isEqualTo(new Configuration(0, TWO, true));
    assertThat(seen)
        .containsExactly(
            new Configuration(0, Membership.NONE, true), new Configuration(0, TWO, true));
  }

  @Test
  void aFounderThatLostItsDiskStillKnowsWhereTheOthersAre() {
    Roster roster =
        new Roster(
            1,
            new Configuration(0, TWO, false),
            new Configuration(0, Membership.NONE, true),
            new Told(),
            threads::execute);
    roster.introduce();

    // The cluster has moved on, and has taken the new disk in: what is in the log is yet to come.
    roster.founding(Membership.NONE);
    roster.configured(new Effect.Configured(0, Membership.NONE, true));
    roster.founded();
    roster.forget();
    assertThat(told).containsExactly("peer 2 at ");

    roster.configured(new Effect.Configured(6, THIRD, true));
    roster.forget();
    assertThat(told.getLast()).isEqualTo("forget 2");
  }

  @Test
  void whoeverIsAnsweredIsFoundWhereHeWasBeforeHeLeft() {
    Roster roster = roster(TWO);
    roster.introduce();
    roster.configured(new Effect.Configured(6, THIRD, false));
    roster.configured(new Effect.Configured(6, THIRD, true));
    roster.forget();
    assertThat(told.getLast()).isEqualTo("forget 2");
    told.clear();

    // It was taken in again since, and leads; this node has not come to that yet.
    roster.sends(new Effect.Send(2, new Message.Heartbeat(1, 1, 0, 0, 0)));
    assertThat(told).isEmpty();
    roster.sends(new Effect.Send(2, new Message.HeartbeatAck(1, 1, 0, 0)));
    roster.sends(new Effect.Send(2, new Message.HeartbeatAck(1, 1, 0, 0)));
    roster.forget();
    assertThat(told).containsExactly("peer 2 at ");

    roster.configured(new Effect.Configured(7, THIRD, false));
    roster.configured(new Effect.Configured(7, THIRD, true));
    roster.forget();
    assertThat(told.getLast()).isEqualTo("forget 2");
  }

  @Test
  void aChangeEndsWithTheFirstCommittedConfigurationThatIsNotJoint() {
    MembershipCalls calls = new MembershipCalls();
    MembershipCall call = new MembershipCall();
    calls.accept(call, new Position(5, 1));

    calls.committed(new Configuration(4, ONE, true));
    calls.committed(new Configuration(5, JOINT, true));
    assertThat(call.done()).isNotDone();
    calls.committed(new Configuration(6, THIRD, true));

    assertThat(call.done()).isCompletedWithValue(6L);
  }

  @Test
  void aLeaderThatRemovesItselfSeesTheChangeEnd() {
    MembershipCalls calls = new MembershipCalls();
    MembershipCall call = new MembershipCall();
    calls.accept(call, new Position(5, 1));

    calls.loseLater();
    calls.committed(new Configuration(6, THIRD, true));
    calls.endTurn();

    assertThat(call.done()).isCompletedWithValue(6L);
  }

  @Test
  void aChangeThatALeaderLosesIsUnknown() {
    MembershipCalls calls = new MembershipCalls();
    MembershipCall call = new MembershipCall();
    calls.accept(call, new Position(5, 1));

    calls.loseLater();
    calls.endTurn();

    assertThat(call.done().exceptionNow()).isInstanceOf(NodeException.OutcomeUnknown.class);
  }

  @Test
  void aNodeThatStopsLeavesAcceptedChangesUnknown() {
    MembershipCalls calls = new MembershipCalls();
    MembershipCall call = new MembershipCall();
    calls.accept(call, new Position(5, 1));

    calls.stop(new NodeException.Stopped("closed", null));

    assertThat(call.done().exceptionNow()).isInstanceOf(NodeException.OutcomeUnknown.class);
  }

  @Test
  void aCallIsEitherGivenUpOrTaken() {
    MembershipCall late = new MembershipCall();
    MembershipCall taken = new MembershipCall();

    assertThat(late.giveUp()).isTrue();
    assertThat(late.begin()).isFalse();
    assertThat(taken.begin()).isTrue();
    assertThat(taken.giveUp()).isFalse();
  }

  private Roster roster(Membership present) {
    Configuration configuration = new Configuration(0, present, true);
    return new Roster(1, configuration, configuration, new Told(), threads::execute);
  }

  private final class Told implements Transport {
    @Override
    public void peer(int id, String address) {
      told.add("peer " + id + " at " + address);
    }

    @Override
    public void forget(int id) {
      told.add("forget " + id);
    }

    @Override
    public void start(Receiver receiver) {}

    @Override
    public void send(int to, Message message) {}

    @Override
    public void close() {}
  }
}
