package dengine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.raft.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What happens to calls when a node is busy, hangs or is closed.
@Timeout(60)
final class NodeCallsTest extends NodesFixture {

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
  void readersOfAStateMachineThatHangsAreRefusedBeyondTheBound() throws Exception {
    NodeOptions few =
        new NodeOptions(
            QUICK.raft(), QUICK.persistence(), 5, QUICK.maxLogBatchBytes(), Duration.ofSeconds(1));
    Node node = alone(few);
    CompletableFuture<Object> hanging = propose(node, "hang", LONG);
    until(() -> node.status().commitIndex() >= 2);

    List<CompletableFuture<Object>> reads = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      CompletableFuture<Object> read = new CompletableFuture<>();
      node.awaitReadable(
          LONG, (result, failure) -> read.complete(failure == null ? "ok" : failure));
      node.status(); // one at a time
      reads.add(read);
    }

    assertThat(reads.getLast().get(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            NodeException.Refused.class,
            refused ->
                assertThat(refused.refusal()).isEqualTo(new Refusal.Overloaded("maxPendingCalls")));
    assertThat(reads.subList(0, 5)).noneMatch(CompletableFuture::isDone);
    journals.get(1).goOn.countDown();
    assertThat(hanging.get(20, TimeUnit.SECONDS)).isEqualTo(2L);
    for (CompletableFuture<Object> read : reads.subList(0, 5)) {
      assertThat(read.get(20, TimeUnit.SECONDS)).isEqualTo("ok");
    }
  }

  @Test
  void aLeaderKeepsLeadingWhileTheApplicationKeepsEveryCarrierBusy() throws Exception {
    startThree();
    Node leader = leader();
    long term = leader.role().term();
    CountDownLatch enough = new CountDownLatch(1);
    int carriers = Runtime.getRuntime().availableProcessors() * 2;
    List<Thread> busy = new ArrayList<>();
    for (int i = 0; i < carriers; i++) {
      busy.add(
          Thread.startVirtualThread(
              () -> {
                while (enough.getCount() > 0) {
                  Thread.onSpinWait();
                }
              }));
    }

    // Many calls under way, so that turns are left to the carrier.
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1500);
    while (System.nanoTime() < end) {
      for (int i = 0; i < 20; i++) {
        var _ = propose(leader, "x", LONG);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }

    assertThat(leader.role().term()).isEqualTo(term);
    assertThat(leader.isLeading()).isTrue();
    enough.countDown();
    for (Thread thread : busy) {
      thread.join();
    }
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
    for (int i = 0; i < 10; i++) {
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

  private static boolean awaits(CountDownLatch latch) {
    try {
      return latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
