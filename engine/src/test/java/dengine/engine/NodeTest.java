package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.engine.spi.MetaStore;
import dengine.raft.Membership;
import dengine.raft.RaftOptions;
import dengine.raft.Refusal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class NodeTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final NodeOptions QUICK =
      NodeOptions.DEFAULT.withRaft(
          RaftOptions.DEFAULT.withTiming(Duration.ofMillis(300), Duration.ofMillis(50)));

  private final Map<Integer, MemoryStorage> disks = new TreeMap<>();
  private final Map<Integer, Journal> journals = new TreeMap<>();
  private final Map<Integer, Node> nodes = new TreeMap<>();
  private final Hub hub = new Hub();

  @AfterEach
  void stopAll() {
    disks.values().forEach(MemoryStorage::release);
    nodes.values().forEach(Node::close);
  }

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
  void aPassedDeadlineLeavesAWriteUnknownAndAReadUnserved() throws Exception {
    startThree();
    Node leader = leader();
    nodes.values().stream().filter(node -> node != leader).forEach(node -> hub.cutOff(node.id()));

    CompletableFuture<Object> written = propose(leader, "maybe", Duration.ofMillis(100));

    assertThatThrownBy(() -> written.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NodeException.OutcomeUnknown.class);
    assertThatThrownBy(() -> leader.awaitReadable(Duration.ofMillis(100)))
        .isInstanceOf(NodeException.class)
        .isNotInstanceOf(NodeException.OutcomeUnknown.class);
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
  void closeLetsCallsInFlightFinish() throws Exception {
    Node node = alone(QUICK);
    disks.get(1).hold();
    CompletableFuture<Object> written = propose(node, "in flight", LONG);
    CountDownLatch closed = new CountDownLatch(1);

    Thread.ofVirtual()
        .start(
            () -> {
              node.close();
              closed.countDown();
            });
    disks.get(1).release();

    assertThat(written.get(20, TimeUnit.SECONDS)).isEqualTo(2L);
    assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(node.terminated()).isCompleted();
  }

  @Test
  void aCallbackThatThrowsHarmsNobodyElse() throws Exception {
    Node node = alone(QUICK);

    node.propose(
        bytes("a"),
        LONG,
        (result, failure) -> {
          throw new IllegalStateException("a mistake of the application");
        });

    assertThat(propose(node, "b", LONG).get(20, TimeUnit.SECONDS)).isEqualTo(3L);
  }

  @Test
  void aBlockingCallInACallbackIsRefusedInsteadOfWaitingForItself() throws Exception {
    Node node = alone(QUICK);
    CompletableFuture<Object> nested = new CompletableFuture<>();

    node.propose(
        bytes("a"),
        LONG,
        (result, failure) -> {
          try {
            nested.complete(node.propose(bytes("b"), LONG));
          } catch (IllegalStateException refused) {
            nested.completeExceptionally(refused);
          }
        });

    assertThatThrownBy(() -> nested.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("blocking call in a callback");
    assertThat(journals.get(1).lines).containsExactly("a");
  }

  @Test
  void closeInACallbackStopsTheNodeAndReturns() throws Exception {
    Node node = alone(QUICK);

    node.propose(bytes("a"), LONG, (result, failure) -> node.close());

    node.terminated().get(20, TimeUnit.SECONDS);
    assertThat(disks.get(1).closed).isTrue();
  }

  @Test
  void closeReturnsWhenTheEndIsKnownWhateverOthersDoAboutIt() {
    for (int i = 0; i < 50; i++) {
      Node node = alone(QUICK);
      CountDownLatch closed = new CountDownLatch(1);
      CompletableFuture<Boolean> slow = node.terminated().thenApply(end -> awaits(closed));

      node.close();

      assertThat(node.terminated()).isCompleted();
      closed.countDown();
      assertThat(slow).succeedsWithin(LONG).isEqualTo(true);
    }
  }

  @Test
  void closeOnAnInterruptedThreadIsACleanStopAllTheSame() throws Exception {
    Node node = alone(QUICK);
    node.propose(bytes("a"), LONG);

    Thread.currentThread().interrupt();
    node.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(node.terminated()).isCompleted();
    node.terminated().get(20, TimeUnit.SECONDS);
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

  @Test
  void manyCallersAtOnceAreServedOnceEach() throws Exception {
    Node node = alone(QUICK);
    List<CompletableFuture<Object>> written = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      written.add(propose(node, "line" + i, LONG));
    }
    for (CompletableFuture<Object> one : written) {
      one.get(20, TimeUnit.SECONDS);
    }

    assertThat(journals.get(1).lines).hasSize(5000).doesNotHaveDuplicates();
    assertThat(disks.get(1).forces.get()).as("group commit").isLessThan(5000);
  }

  private Node alone(NodeOptions options) {
    Node node = start(1, Membership.of(1), options);
    node.waitReady(LONG);
    return node;
  }

  private static boolean awaits(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void startThree() {
    for (int id = 1; id <= 3; id++) {
      start(id, Membership.of(1, 2, 3), QUICK);
    }
    until(() -> nodes.values().stream().anyMatch(Node::isLeading));
  }

  private Node leader() {
    return nodes.values().stream().filter(Node::isLeading).findFirst().orElseThrow();
  }

  private Node start(int id, Membership membership, NodeOptions options) {
    MemoryStorage disk = disks.computeIfAbsent(id, key -> new MemoryStorage());
    Journal journal = new Journal();
    journals.put(id, journal);
    Node node =
        new NodeBuilder(new MetaStore.Identity(7, id), membership)
            .storage(disk)
            .stateMachine(journal)
            .transport(hub.transportOf(id))
            .options(options)
            .start();
    nodes.put(id, node);
    return node;
  }

  private static CompletableFuture<Object> propose(Node node, String line, Duration timeout) {
    CompletableFuture<Object> future = new CompletableFuture<>();
    node.propose(
        bytes(line),
        timeout,
        (result, failure) -> {
          if (failure == null) {
            future.complete(result);
          } else {
            future.completeExceptionally(failure);
          }
        });
    return future;
  }

  private static byte[] bytes(String line) {
    return line.getBytes(StandardCharsets.UTF_8);
  }

  /// Waits for a state of the running nodes that no event announces; the test's timeout bounds it.
  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }
}
