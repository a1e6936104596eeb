package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Admin;
import dengine.api.ClosedException;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterUnavailableException;
import dengine.api.Leader;
import dengine.api.Lifecycle;
import dengine.api.Member;
import dengine.api.NodeState;
import dengine.api.NodeState.Phase;
import dengine.client.GrpcClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What becomes of nodes, told over sockets to a client.
@Timeout(60)
final class LifecycleClientTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final BlockingQueue<NodeState> told = new LinkedBlockingQueue<>();
  private Served first;
  private Served second;
  private GrpcClient client;

  @BeforeEach
  void serve() throws Exception {
    first = new Served(ServiceOptions.DEFAULT);
    second = new Served(2, ServiceOptions.DEFAULT);
    for (Served each : List.of(first, second)) {
      each.admin.put(1, first.transport.address(), Standing.VOTER, false, 0);
      each.admin.put(2, second.transport.address(), Standing.VOTER, false, 0);
    }
    client =
        GrpcClient.builder(first.transport.address() + "," + second.transport.address())
            .deadline(LONG)
            .connect();
  }

  @AfterEach
  void stop() {
    client.close();
    first.close();
    second.close();
  }

  @Test
  void everythingANodeTellsComesInOrder() throws Exception {
    var _ = of(first).watch(told::add);
    assertThat(next(Phase.WAITING).number()).isEqualTo(1);

    first.lifecycle.waits(3);
    first.lifecycle.leads(3, 17);
    first.lifecycle.follows(4, 2);
    first.lifecycle.stops("the disk is full");

    assertThat(next(Phase.WAITING).role()).contains(Member.Role.CANDIDATE);
    NodeState leads = next(Phase.SERVING);
    assertThat(leads.isLeader()).isTrue();
    assertThat(leads.leader()).contains(new Leader(1, "h:1", 3));
    assertThat(leads.firstCommit()).hasValue(17);
    assertThat(next(Phase.SERVING).leader()).contains(new Leader(2, "h:2", 4));
    NodeState last = next(Phase.STOPPING);
    assertThat(last.number()).isEqualTo(5);
    assertThat(last.role()).isEmpty();
    assertThat(last.cause()).contains("the disk is full");
  }

  @Test
  void whoeverFollowsTheClusterIsToldByAnotherNodeWhenOneStops() throws Exception {
    first.lifecycle.leads(3, 17);
    second.lifecycle.follows(3, 1);
    var _ = client.lifecycle().watch(told::add);
    Served one = next(Phase.SERVING).nodeId() == 1 ? first : second;

    one.services.close();
    assertThat(next(Phase.STOPPING).term()).isEqualTo(3);
    first.lifecycle.leads(4, 20);
    second.lifecycle.leads(4, 20);

    assertThat(until(now -> now.isServing() && now.term() == 4).isLeader()).isTrue();
  }

  @Test
  void noTermIsToldAfterALaterOne() throws Exception {
    first.lifecycle.leads(5, 17);
    second.lifecycle.leads(5, 17);
    var _ = client.lifecycle().watch(told::add);
    boolean isFirst = next(Phase.SERVING).nodeId() == 1;
    Served one = isFirst ? first : second;
    Served other = isFirst ? second : first;
    other.lifecycle.follows(4, 1); // it is behind

    one.services.close();
    assertThat(next(Phase.STOPPING).term()).isEqualTo(5);
    other.lifecycle.awaitListeners(2); // one is the health service's
    other.lifecycle.follows(6, 1);

    assertThat(until(NodeState::isServing).term()).isEqualTo(6);
  }

  @Test
  void aClientThatReachesNobodySaysSo() throws Exception {
    first.close();
    second.close();

    var _ = client.lifecycle().watch(told::add);

    NodeState nobody = next(Phase.UNREACHABLE);
    assertThat(nobody.leader()).isEmpty();
    assertThat(nobody.role()).isEmpty();
    assertThatThrownBy(() -> client.lifecycle().waitReady(Duration.ofMillis(50)))
        .isInstanceOf(ClusterUnavailableException.class);
  }

  @Test
  void aNodeThatComesBackIsToldOfAgain() throws Exception {
    first.lifecycle.leads(3, 17);
    var _ = of(first).watch(told::add);
    assertThat(next(Phase.SERVING).isLeader()).isTrue();

    first.services.close();
    assertThat(until(now -> now.phase() == Phase.UNREACHABLE || now.isEnding()).term())
        .isEqualTo(3);
    first.close();

    assertThat(until(now -> now.phase() == Phase.UNREACHABLE).nodeId()).isEqualTo(1);
  }

  @Test
  void aNodeThatKnowsNoLeaderIsLeftForOneThatDoes() throws Exception {
    first.lifecycle.waits(3);
    second.lifecycle.waits(3);
    var _ = client.lifecycle().watch(told::add);
    NodeState now = next(Phase.WAITING);
    Served other = now.nodeId() == 1 ? second : first;

    other.lifecycle.leads(4, 20);

    assertThat(until(NodeState::isServing).term()).isEqualTo(4);
  }

  @Test
  void whoeverWaitsForALeaderIsToldWhoItIs() {
    first.lifecycle.waits(3);
    second.lifecycle.waits(3);
    CompletableFuture<Leader> ready =
        CompletableFuture.supplyAsync(() -> client.lifecycle().waitReady(LONG));

    first.lifecycle.leads(4, 20);
    second.lifecycle.follows(4, 1);

    assertThat(ready.join()).isEqualTo(new Leader(1, "h:1", 4));
    assertThat(client.lifecycle().term()).isEqualTo(4);
  }

  @Test
  void whoeverWaitsWhenTheClientIsClosedIsToldSo() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<NodeState> waiting =
        CompletableFuture.supplyAsync(
            () ->
                client
                    .lifecycle()
                    .await(
                        now -> {
                          asked.countDown();
                          return false;
                        },
                        LONG));
    asked.await();

    client.close();

    assertThatThrownBy(waiting::join).hasCauseInstanceOf(ClosedException.class);
  }

  @Test
  void noCallBeginsAfterAWatchWasClosedAndTheServerForgetsIt() throws Exception {
    Admin.Watching watching = of(first).watch(told::add);
    assertThat(next(Phase.WAITING).nodeId()).isEqualTo(1);

    watching.close();
    first.lifecycle.leads(3, 17);

    first.lifecycle.awaitListeners(1); // the health service's
    assertThat(told).isEmpty();
  }

  @Test
  void aListenerThatThrowsIsToldTheNextStateToo() throws Exception {
    var _ =
        of(first)
            .watch(
                now -> {
                  told.add(now);
                  throw new IllegalStateException("not my day");
                });
    assertThat(next(Phase.WAITING).number()).isEqualTo(1);

    first.lifecycle.leads(3, 17);

    assertThat(next(Phase.SERVING).number()).isEqualTo(2);
  }

  @Test
  void whoeverReadsTooSlowlyGetsTheNewestAndSeesHowManyHeMissed() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    var _ =
        of(first)
            .watch(
                now -> {
                  told.add(now);
                  begun.countDown();
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    begun.await();

    int last = 100_000;
    for (int term = 1; term <= last; term++) {
      first.lifecycle.follows(term, 2);
    }
    goOn.countDown();

    assertThat(until(now -> now.term() == last).number()).isEqualTo(last + 1);
    assertThat(told.size()).isLessThan(last);
  }

  private Lifecycle of(Served node) {
    return client.lifecycleAt(node.transport.address());
  }

  private NodeState next(Phase expected) throws InterruptedException {
    NodeState next = told.poll(30, TimeUnit.SECONDS);
    assertThat(next).isNotNull();
    assertThat(next.phase()).isEqualTo(expected);
    return next;
  }

  private NodeState until(Predicate<NodeState> expected) throws InterruptedException {
    while (true) {
      NodeState next = told.poll(30, TimeUnit.SECONDS);
      assertThat(next).isNotNull();
      if (expected.test(next)) {
        return next;
      }
    }
  }
}
