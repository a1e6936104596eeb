package dengine.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.Page;
import dengine.api.RateLimitedException;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.proto.error.ErrorCode;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Command;
import dengine.proto.v1.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a client does with servers that behave.
@Timeout(60)
final class GrpcClientTest {

  private FakeCluster cluster;
  private GrpcClient client;

  @BeforeEach
  void connect() throws Exception {
    cluster = new FakeCluster(3);
    client = GrpcClient.connect(cluster.endpoints());
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void everyOperationWorks() {
    assertThat(client.put("a", "1")).isEqualTo(1);
    assertThat(client.get("a").map(KeyValue::text)).contains("1");
    assertThat(client.get("b")).isEmpty();
    assertThat(client.compareAndSwap(Bytes.of("a"), Optional.of(Bytes.of("1")), Bytes.of("2")))
        .isEqualTo(new Swap(true, 2));
    assertThat(client.compareAndSwap(Bytes.of("a"), Optional.empty(), Bytes.of("3")).succeeded())
        .isFalse();
    Values values = client.getMany(List.of(Bytes.of("b"), Bytes.of("a"), Bytes.of("a")));
    assertThat(values.values()).hasSize(3);
    assertThat(values.values().get(0)).isEmpty();
    assertThat(values.values().get(2)).isEqualTo(values.values().get(1)).isPresent();
    Page page = client.scan(Scan.prefix("a"));
    assertThat(page.entries()).extracting(entry -> entry.key().text()).containsExactly("a");
    assertThat(page.next()).contains(Bytes.of("next"));
    assertThat(client.delete("a")).isEqualTo(4);
    assertThat(client.get("a")).isEmpty();
    assertThat(client.members()).hasSize(cluster.nodes.size());
    assertThat(client.leader().orElseThrow().id()).isEqualTo(1);
  }

  @Test
  void theLeaderIsFoundWhereverItIs() {
    for (int leader : new int[] {3, 1, 2}) {
      cluster.leader = leader;
      client.put("k", "v");
      assertThat(cluster.node(leader).received).isNotEmpty();
    }
  }

  @Test
  void theLeaderIsFoundByItsIdWhenNodesKnowEachOtherByOtherAddresses() {
    cluster.internalAddresses = true;
    for (int leader : new int[] {3, 1, 2}) {
      cluster.leader = leader;
      client.put("k", "v");
    }
    assertThat(cluster.revision).isEqualTo(3);
  }

  @Test
  void aLeaderThatWasNotConfiguredIsFoundByItsAddress() {
    try (GrpcClient one = GrpcClient.connect(cluster.node(2).address())) {
      cluster.leader = 3;

      one.put("k", "v");

      assertThat(cluster.node(3).received).hasSize(1);
    }
  }

  @Test
  void aServerOfAnotherClusterIsNotUsed() throws Exception {
    try (FakeCluster other = new FakeCluster(1)) {
      other.id = 8;
      FakeNode stranger = other.node(1);
      stranger.kill();
      try (GrpcClient mixed =
          GrpcClient.connect(cluster.node(1).address() + "," + stranger.address())) {
        mixed.put("k", "v");
        stranger.start();
        while (stranger.sessions.get() < 2) {
          Thread.onSpinWait();
        }
        cluster.leader = 0;

        assertThatThrownBy(() -> mixed.withDeadline(Duration.ofMillis(500)).get("k"))
            .isInstanceOf(ClusterUnavailableException.class);
        assertThat(stranger.received).isEmpty();
      }
    }
  }

  @Test
  void theLeaderIsFoundWithoutHints() {
    cluster.hints = false;
    cluster.leader = 2;

    client.put("k", "v");

    assertThat(cluster.node(2).received).hasSize(1);
  }

  @Test
  void anElectionIsWaitedFor() throws Exception {
    cluster.leader = 0;
    CompletableFuture<Long> write = client.async().put("k", "v");
    while (cluster.node(1).received.size() < 2) {
      Thread.onSpinWait();
    }
    assertThat(write).isNotDone();

    cluster.leader = 3;

    assertThat(write.get(10, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void eventualReadsGoToAnyNode() {
    cluster.leader = 0;

    assertThat(client.get(Bytes.of("k"), ReadPolicy.EVENTUAL)).isEmpty();
  }

  @Test
  void whatPilesUpLeavesTogether() {
    client.put("warm", "up");
    List<CompletableFuture<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      writes.add(client.async().put("k" + i, "v"));
    }
    writes.forEach(CompletableFuture::join);

    assertThat(cluster.revision).isEqualTo(5001);
    assertThat(cluster.node(1).messageSizes.size()).isLessThan(2500);
  }

  @Test
  void ordersOfOneCallerAreKept() {
    client.put("warm", "up");
    List<CompletableFuture<Long>> writes = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      writes.add(client.async().put("k", "v" + i));
    }
    long before = 0;
    for (CompletableFuture<Long> write : writes) {
      assertThat(write.join()).isGreaterThan(before);
      before = write.join();
    }
  }

  @Test
  void overloadIsWaitedFor() {
    int[] refusals = {3};
    FakeNode leader = cluster.node(1);
    leader.behaviour =
        command ->
            refusals[0]-- > 0
                ? FakeNode.refusal(
                    ErrorCode.RATE_LIMITED, ErrorMetadata.newBuilder().setRetryAfterMs(20))
                : leader.serve(command);
    long start = System.nanoTime();

    client.put("k", "v");

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(60));
    assertThat(cluster.revision).isEqualTo(1);
  }

  @Test
  void aDeadlineEndsEachKindOfCall() {
    FakeNode leader = cluster.node(1);
    leader.behaviour = command -> Reply.newBuilder();
    cluster.leader = 1;
    var impatient = client.withDeadline(Duration.ofMillis(300));

    assertThatThrownBy(() -> timed(300, () -> impatient.put("k", "v")))
        .isInstanceOf(OutcomeUnknownException.class);
    assertThatThrownBy(() -> timed(300, () -> impatient.get("k")))
        .isInstanceOf(ClusterUnavailableException.class);
    cluster.leader = 0;
    leader.behaviour = leader::serve;
    // A write that happens to be on its way when its time is up is unknown; most wait for a leader
    // then.
    List<Throwable> outcomes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      outcomes.add(catchThrowable(() -> timed(300, () -> impatient.put("k", "v"))));
    }
    assertThat(outcomes)
        .anySatisfy(
            outcome ->
                assertThat(outcome)
                    .isInstanceOf(ClusterUnavailableException.class)
                    .hasMessageContaining("does not lead"));
    assertThat(cluster.revision).isZero();
  }

  @Test
  void theServerLearnsHowMuchTimeIsLeft() {
    client.members();
    client.withDeadline(Duration.ofMillis(700)).put("k", "v");

    Command command =
        cluster.node(1).received.stream().filter(Command::hasPut).findFirst().orElseThrow();
    assertThat(command.getTimeoutMs()).isBetween(1, 700);
  }

  @Test
  void moreThanTheBoundIsRefusedAtOnce() {
    cluster.node(1).behaviour = command -> Reply.newBuilder();
    try (GrpcClient small =
        GrpcClient.builder(cluster.endpoints()).maxInFlight(10, 1 << 20).connect()) {
      List<CompletableFuture<Long>> writes = new ArrayList<>();
      for (int i = 0; i < 11; i++) {
        writes.add(small.async().put("k", "v"));
      }

      assertThat(writes.get(10)).isCompletedExceptionally();
      assertThatThrownBy(writes.get(10)::get).hasCauseInstanceOf(RateLimitedException.class);
      assertThat(writes.get(9)).isNotDone();
    }
  }

  @Test
  void closingFailsWhatIsUnderWayAndWhatComes() {
    cluster.node(1).behaviour = command -> Reply.newBuilder();
    CompletableFuture<Long> write = client.async().put("k", "v");

    client.close();

    assertThatThrownBy(() -> write.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> client.put("k", "v")).isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> client.withDeadline(Duration.ofSeconds(1)).get("k"))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void anInterruptedWaitEndsAndSaysWhatIsKnown() throws Exception {
    cluster.node(1).behaviour = command -> Reply.newBuilder();
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                client.put("k", "v");
              } catch (RuntimeException e) {
                outcome.complete(e);
              }
            });
    caller.start();
    while (cluster.node(1).received.isEmpty()) {
      Thread.onSpinWait();
    }

    caller.interrupt();

    assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(OutcomeUnknownException.class);
  }

  @Test
  void aBlockingCallInACallbackIsRefusedInsteadOfWaitingForItself() throws Exception {
    cluster.node(1).behaviour =
        command -> command.hasDelete() ? Reply.newBuilder() : cluster.node(1).serve(command);
    CompletableFuture<Object> inner = new CompletableFuture<>();
    CompletableFuture<Void> unused =
        client
            .async()
            .get(Bytes.of("k"))
            .thenAccept(
                found -> {
                  try {
                    inner.complete(client.delete("k"));
                  } catch (IllegalStateException e) {
                    inner.complete(e);
                  }
                });

    // Completed before thenAccept, the callback runs here, where blocking is allowed but
    // unanswered.
    Object outcome = inner.completeOnTimeout("here", 10, TimeUnit.SECONDS).get();
    assertThat(outcome).isInstanceOf(IllegalStateException.class);
    assertThat(cluster.node(1).received).noneMatch(Command::hasDelete);
  }

  @Test
  void aLargeWriteBehindOthersDoesNotMakeAMessageLargerThanTheServerTakes() {
    client.put("warm", "up");
    Bytes small = Bytes.wrap(new byte[10_000]);
    Bytes large = Bytes.wrap(new byte[1_000_000]);
    List<CompletableFuture<Long>> writes = new ArrayList<>();
    // Submitted by the thread that sends, so that all of them wait together.
    client
        .async()
        .get(Bytes.of("k"))
        .thenRun(
            () -> {
              for (int i = 0; i < 20; i++) {
                writes.add(client.async().put(Bytes.of("k" + i), i % 10 == 9 ? large : small));
              }
            })
        .join();
    writes.forEach(CompletableFuture::join);

    assertThat(cluster.node(1).messageBytes).allMatch(bytes -> bytes <= FakeNode.MAX_REQUEST_BYTES);
    assertThat(cluster.node(1).messageSizes).anyMatch(commands -> commands > 1);
  }

  @Test
  void senselessSettingsAreRefused() {
    assertThatThrownBy(() -> GrpcClient.connect("")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GrpcClient.connect("host"))
        .hasMessageContaining("endpoint = host, permitted: host:port");
    assertThatThrownBy(() -> GrpcClient.connect("host:0")).hasMessageContaining("1 to 65535");
    assertThatThrownBy(() -> client.withDeadline(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void timed(long millis, Runnable call) {
    long start = System.nanoTime();
    try {
      call.run();
    } finally {
      long taken = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      // A tenth, and what a busy machine adds.
      assertThat(taken).isBetween(millis - 1, millis + millis / 10 + 500);
    }
  }
}
