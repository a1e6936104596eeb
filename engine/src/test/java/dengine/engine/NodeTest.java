package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.raft.Membership;
import dengine.raft.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class NodeTest extends NodesFixture {

  @Test
  void aLoneNodeAnswersWithWhatItsStateMachineSays() {
    Node node = alone(QUICK);

    Object first = node.propose(bytes("a"), LONG);
    Object second = node.propose(bytes("b"), LONG);

    assertThat(List.of(first, second)).isEqualTo(List.of(2L, 3L));
    assertThat(journals.get(1).lines).containsExactly("a", "b");
  }

  @Test
  void nothingIsAcknowledgedBeforeItIsSynced() throws Exception {
    Node node = alone(QUICK);
    node.propose(bytes("before"), LONG);
    disks.get(1).hold();

    CompletableFuture<Object> written = propose(node, "held", LONG);
    until(() -> disks.get(1).appends.get() >= 3); // vote, no-op and "before", "held"

    assertThat(written).isNotDone();
    assertThat(journals.get(1).lines).containsExactly("before");
    disks.get(1).release();
    assertThat(written.get(20, TimeUnit.SECONDS)).isEqualTo(3L);
  }

  @Test
  void memFirstAcknowledgesBeforeTheSyncAndSyncsSoonAfter() throws Exception {
    Node node = alone(QUICK.withPersistence(new Persistence.MemFirst(Duration.ofMillis(200))));
    node.propose(bytes("before"), LONG);
    int forces = disks.get(1).forces.get();

    for (int i = 0; i < 50; i++) {
      node.propose(bytes("line" + i), LONG);
    }

    assertThat(disks.get(1).forces.get() - forces).isLessThan(50);
    until(() -> disks.get(1).forces.get() > forces);
  }

  @Test
  void aSnapshotIsNotAheadOfTheLogThatIsSynced() throws Exception {
    Node node = alone(QUICK.withPersistence(new Persistence.MemFirst(Duration.ofMinutes(1))));
    node.propose(bytes("not synced"), LONG);
    int forces = disks.get(1).forces.get();

    node.snapshot().get(20, TimeUnit.SECONDS);

    assertThat(disks.get(1).forces.get()).isGreaterThan(forces);
  }

  @Test
  void aVoteIsSyncedEvenInMemFirst() {
    MemoryStorage disk = new MemoryStorage();
    disk.hold();
    disks.put(1, disk);
    Node node = start(1, Membership.of(1), QUICK.withPersistence(new Persistence.MemFirst(LONG)));

    assertThatThrownBy(() -> node.waitReady(Duration.ofSeconds(1)))
        .isInstanceOf(NodeException.DeadlinePassed.class);
    disk.release();
    assertThat(node.waitReady(LONG).leader()).isEqualTo(1);
  }

  @Test
  void aFailedSyncStopsTheNodeAndNeverAcknowledges() throws Exception {
    Node node = alone(QUICK);
    node.propose(bytes("fine"), LONG);
    disks.get(1).failNextForce = true;

    CompletableFuture<Object> written = propose(node, "lost", LONG);

    assertThatThrownBy(() -> written.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(NodeException.OutcomeUnknown.class);
    assertThatThrownBy(() -> node.terminated().get(20, TimeUnit.SECONDS))
        .hasRootCauseMessage("Input/output error");
    assertThat(journals.get(1).lines).containsExactly("fine");
    assertThat(disks.get(1).closed).isTrue();
    assertThatThrownBy(() -> node.propose(bytes("more"), LONG))
        .isInstanceOf(NodeException.Stopped.class);
  }

  @Test
  void aBrokenStateMachineStopsTheNode() {
    Node node = alone(QUICK);

    assertThatThrownBy(() -> node.propose(bytes("break"), LONG)).isInstanceOf(NodeException.class);
    assertThatThrownBy(() -> node.terminated().get(20, TimeUnit.SECONDS))
        .hasRootCauseMessage("told to break");
  }

  @Test
  void aNodeThatHasNoThreadForItsTimeStopsAndSaysWhy() {
    OneRefusal threads = new OneRefusal();
    execution = threads;
    Node node = alone(QUICK);
    node.propose(bytes("fine"), LONG);
    disks.get(1).hold();

    // So many calls that turns need a thread of their own, and a deadline for a tick to come.
    for (int i = 0; i < 20; i++) {
      var _ = propose(node, "held", Duration.ofSeconds(2));
    }
    until(() -> node.status().load().calls() == 20);
    threads.refuseNext.set(true);
    until(() -> !threads.refuseNext.get());
    disks.get(1).release();

    assertThatThrownBy(() -> node.terminated().get(20, TimeUnit.SECONDS))
        .hasRootCause(threads.refusal);
    assertThat(disks.get(1).closed).isTrue();
  }

  /// The threads of this machine, of which there is none for one task.
  private static final class OneRefusal implements Execution {
    private final OutOfMemoryError refusal = new OutOfMemoryError("no thread");
    private final AtomicBoolean refuseNext = new AtomicBoolean();

    @Override
    public void execute(Runnable task) {
      if (refuseNext.compareAndSet(true, false)) {
        throw refusal;
      }
      THREADS.execute(task);
    }

    @Override
    public Worker worker(String name, Clock clock, Round round) {
      return THREADS.worker(name, clock, round);
    }

    @Override
    public void runLast(String name, Clock clock, Round end) {
      THREADS.runLast(name, clock, end);
    }
  }

  @Test
  void aStateMachineThatDoesNotReturnIsNotClosedUnderItsCall() {
    Node node = alone(QUICK.withCloseTimeout(Duration.ofMillis(50)));
    var _ = propose(node, "hang", LONG);

    node.close();

    assertThat(journals.get(1).closed).isFalse();
    assertThatThrownBy(() -> node.terminated().get(20, TimeUnit.SECONDS))
        .hasMessageContaining("did not return within PT0.05S");
    journals.get(1).goOn.countDown();
  }

  @Test
  void whatANodeDoesNotUseAnyMoreIsClosed() {
    alone(QUICK).close();

    assertThat(journals.get(1).closed).isTrue();
  }

  @Test
  void aWriteToAFollowerIsRefusedWithTheLeadersName() {
    startThree();
    Node leader = leader();
    Node follower = nodes.values().stream().filter(n -> n != leader).findFirst().orElseThrow();
    follower.waitReady(LONG);

    assertThatThrownBy(() -> follower.propose(bytes("x"), LONG))
        .isInstanceOfSatisfying(
            NodeException.Refused.class,
            refused -> assertThat(refused.refusal()).isEqualTo(new Refusal.NotLeader(leader.id())));
  }

  @Test
  void allNodesApplyTheSameAndSurviveTheLossOfTheirLeader() {
    startThree();
    Node first = leader();
    for (int i = 0; i < 100; i++) {
      first.propose(bytes("line" + i), LONG);
    }
    hub.cutOff(first.id());
    until(() -> nodes.values().stream().anyMatch(n -> n != first && n.isLeading()));
    Node second =
        nodes.values().stream().filter(n -> n != first && n.isLeading()).findFirst().orElseThrow();
    second.propose(bytes("after"), LONG);

    hub.heal();
    until(() -> journals.values().stream().allMatch(journal -> journal.lines.size() == 101));

    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expected.add("line" + i);
    }
    expected.add("after");
    assertThat(journals.values()).allSatisfy(j -> assertThat(j.lines).isEqualTo(expected));
  }

  @Test
  void aLeaderThatIsCutOffGivesUpItsLeaseAndItsRole() {
    startThree();
    Node leader = leader();
    until(() -> leader.readWithLease(() -> "value").isPresent());

    hub.cutOff(leader.id());

    until(() -> leader.readWithLease(() -> "value").isEmpty());
    until(() -> !leader.isLeading());
  }

  @Test
  void transferMovesLeadershipToTheNamedNode() {
    startThree();
    Node leader = leader();
    int target = leader.id() % 3 + 1;
    leader.propose(bytes("x"), LONG);

    leader.transferLeadership(target, LONG);

    until(() -> nodes.get(target).isLeading());
    assertThat(leader.isLeading()).isFalse();
  }

  @Test
  void aRestartAppliesTheWholeLogAgain() {
    Node node = alone(QUICK);
    for (int i = 0; i < 10; i++) {
      node.propose(bytes("line" + i), LONG);
    }
    node.close();

    Node again = start(1, Membership.of(1), QUICK);
    again.waitReady(LONG);

    assertThat(journals.get(1).lines).hasSize(10);
    assertThat(again.propose(bytes("next"), LONG)).isEqualTo(13L); // after a second no-op
  }
}
