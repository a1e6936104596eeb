package dengine.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.ReadPolicy;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.Failure;
import dengine.proto.v1.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a client does when servers die, hang and come back.
@Timeout(60)
final class FailoverTest {

  private FakeCluster cluster;
  private GrpcClient client;

  @BeforeEach
  void connect() throws Exception {
    cluster = new FakeCluster(3);
    client = GrpcClient.connect(cluster.endpoints());
    client.put("k", "v");
    cluster.nodes.values().forEach(node -> node.received.clear());
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void aWriteInFlightWhenItsServerDiesIsUnknownAndNeverSentAgain() throws Exception {
    FakeNode leader = cluster.node(1);
    leader.behaviour = command -> Reply.newBuilder();
    CompletableFuture<Long> write = client.async().put("k", "w");
    awaitReceived(leader, 1);

    cluster.leader = 2;
    leader.kill();

    assertThatThrownBy(() -> write.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(OutcomeUnknownException.class);
    assertThat(client.get("k").map(KeyValue::text)).contains("v");
    assertThat(cluster.node(2).received).noneMatch(command -> command.hasPut());
    assertThat(cluster.node(3).received).noneMatch(command -> command.hasPut());
  }

  @Test
  void aWriteThatAServerDidNotBeginBeforeItStoppedIsDoneByAnother() {
    cluster.node(1).endsInGoodOrder = true;
    cluster.leader = 2;

    assertThat(client.put("k", "w")).isEqualTo(2);
  }

  @Test
  void aReadInFlightWhenItsServerDiesIsAnsweredByAnother() throws Exception {
    FakeNode leader = cluster.node(1);
    leader.behaviour = command -> Reply.newBuilder();
    CompletableFuture<Optional<KeyValue>> read = client.async().get(Bytes.of("k"));
    awaitReceived(leader, 1);

    cluster.leader = 2;
    leader.kill();

    assertThat(read.get(10, TimeUnit.SECONDS).map(KeyValue::text)).contains("v");
  }

  @Test
  void callsAfterALeadersDeathGoToTheNextOne() throws Exception {
    cluster.leader = 3;
    cluster.node(1).kill();

    // A read first: a write that meets the connection before its end is noticed would be unknown.
    assertThat(client.get("k")).isPresent();
    assertThat(client.put("k", "w")).isEqualTo(2);
  }

  @Test
  void nodesThatTheClientWasNotToldOfAreFoundThroughTheOthers() {
    cluster.hints = false;
    try (GrpcClient told = GrpcClient.connect(cluster.node(1).address())) {
      told.put("k", "w");

      cluster.leader = 3;

      assertThat(told.withDeadline(Duration.ofSeconds(20)).put("k", "x")).isEqualTo(3);
    }
  }

  @Test
  void anUnknownOutcomeSaidByTheServerIsTheCallersDecision() {
    cluster.node(1).behaviour =
        command ->
            Reply.newBuilder()
                .setFailure(
                    Failure.newBuilder()
                        .setCode(ErrorCode.CONNECTION_TIMEOUT)
                        .setMessage("leadership lost"));

    assertThatThrownBy(() -> client.put("k", "w"))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("leadership lost");
    assertThat(cluster.node(1).received).hasSize(1);
  }

  @Test
  void aReturnedServerIsReachedAgainWithinAboutASecond() throws Exception {
    cluster.leader = 0;
    for (FakeNode node : cluster.nodes.values()) {
      node.kill();
    }
    CompletableFuture<Optional<KeyValue>> read =
        client.withDeadline(Duration.ofSeconds(20)).async().get(Bytes.of("k"));
    // Long enough for the pauses between attempts to reach their maximum.
    assertThatThrownBy(() -> read.get(2, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);

    cluster.leader = 2;
    long start = System.nanoTime();
    cluster.node(2).start();

    assertThat(read.get(10, TimeUnit.SECONDS)).isPresent();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1500));
  }

  @Test
  void readsLeaveASilentServerAndWritesToItEndUnknown() throws Exception {
    try (Wire wire = new Wire(cluster.node(1).port());
        GrpcClient through =
            GrpcClient.connect(
                "127.0.0.1:"
                    + wire.port()
                    + ","
                    + cluster.node(2).address()
                    + ","
                    + cluster.node(3).address())) {
      cluster.internalAddresses = true;
      through.put("k", "v");
      wire.cut();
      CompletableFuture<Long> write = through.async().put("k", "w");
      CompletableFuture<Optional<KeyValue>> read = through.async().get(Bytes.of("k"));
      cluster.leader = 2;
      long start = System.nanoTime();

      assertThat(read.get(10, TimeUnit.SECONDS)).isPresent();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
      assertThat(through.put("k", "x")).isPositive();
      assertThatThrownBy(() -> write.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(OutcomeUnknownException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void eventualReadsStayWithOneServerAndLeaveItWhenItDies() throws Exception {
    for (int i = 0; i < 20; i++) {
      client.get(Bytes.of("k"), ReadPolicy.EVENTUAL);
    }
    FakeNode favourite =
        cluster.nodes.values().stream()
            .filter(n -> !n.received.isEmpty())
            .findFirst()
            .orElseThrow();
    assertThat(favourite.received).hasSize(20);

    favourite.kill();

    assertThat(client.get(Bytes.of("k"), ReadPolicy.EVENTUAL)).isPresent();
  }

  private static void awaitReceived(FakeNode node, int number) {
    while (node.received.size() < number) {
      Thread.onSpinWait();
    }
  }
}
