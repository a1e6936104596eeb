package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.ReadPolicy;
import dengine.proto.client.ClientReadRequest;
import dengine.proto.client.ClientResponse;
import dengine.proto.client.ClientWriteRequest;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.RaftClientServiceGrpc.RaftClientServiceBlockingStub;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.client.ScanRequest;
import dengine.proto.client.ScanResponse;
import dengine.proto.client.WriteCommand;
import dengine.proto.error.ErrorCode;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RaftClientServiceTest {

  private Served served;
  private RaftClientServiceBlockingStub stub;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
    stub = RaftClientServiceGrpc.newBlockingStub(served.channel);
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
  }

  @Test
  void writesAnswerWithSuccessAndTheirRevision() {
    assertThat(put("a", "1").getWriteResult().getRevision()).isEqualTo(1);
    assertThat(put("a", "2").getWriteResult().getSucceeded()).isTrue();
    ClientResponse deleted =
        write(
            WriteCommand.newBuilder().setDelete(WriteCommand.Delete.newBuilder().setKey(utf("a"))));

    assertThat(deleted.getError()).isEqualTo(ErrorCode.SUCCESS);
    assertThat(deleted.getWriteResult().getSucceeded()).isTrue();
    assertThat(deleted.getWriteResult().getRevision()).isEqualTo(3);
  }

  @Test
  void aSwapTellsAbsentFromEmpty() {
    assertThat(swap("k", null, "").getWriteResult().getSucceeded()).isTrue();
    assertThat(swap("k", null, "x").getWriteResult().getSucceeded()).isFalse();
    ClientResponse mismatch = swap("k", "y", "x");
    assertThat(mismatch.getError()).isEqualTo(ErrorCode.SUCCESS);
    assertThat(mismatch.getWriteResult().getSucceeded()).isFalse();
    assertThat(swap("k", "", "x").getWriteResult().getSucceeded()).isTrue();
  }

  @Test
  void readsTellOnlyKeysThatExist() {
    put("a", "1");
    put("c", "3");

    ClientResponse read = stub.handleClientRead(read("a", "b", "c"));

    assertThat(read.getReadData().getResultsList())
        .extracting(result -> result.getKey().toStringUtf8() + result.getValue().toStringUtf8())
        .containsExactly("a1", "c3");
    assertThat(read.getReadData().getResults(1).getModRevision()).isEqualTo(2);
    assertThat(read.getReadData().getRevision()).isEqualTo(2);
  }

  @Test
  void anAbsentPolicyIsTheServersDefaultAndZeroIsLease() {
    stub.handleClientRead(read("a"));
    stub.handleClientRead(
        read("a").toBuilder()
            .setConsistencyPolicy(ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LEASE_READ)
            .build());
    stub.handleClientRead(read("a").toBuilder().setConsistencyPolicyValue(17).build());

    assertThat(served.store.policies)
        .containsExactly(ReadPolicy.LINEARIZABLE, ReadPolicy.LEASE, ReadPolicy.LINEARIZABLE);
  }

  @Test
  void aServerThatAllowsNoOverrideDecidesItself() throws Exception {
    try (Served strict =
        new Served(ServiceOptions.DEFAULT.withReads(ReadPolicy.LINEARIZABLE, false))) {
      RaftClientServiceGrpc.newBlockingStub(strict.channel)
          .handleClientRead(
              read("a").toBuilder()
                  .setConsistencyPolicy(
                      ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_EVENTUAL_CONSISTENCY)
                  .build());

      assertThat(strict.store.policies).containsExactly(ReadPolicy.LINEARIZABLE);
    }
  }

  @Test
  void aScanGivesThePrefixInOrderAndItsRevision() {
    put("/x/2", "2");
    put("/x/1", "1");
    put("/y", "3");

    ScanResponse scan = stub.handleClientScan(scan("/x/").build());

    assertThat(scan.getEntriesList())
        .extracting(entry -> entry.getKey().toStringUtf8())
        .containsExactly("/x/1", "/x/2");
    assertThat(scan.getRevision()).isEqualTo(3);
    assertThat(scan.hasNext()).isFalse();
  }

  @Test
  void aScanThatKnowsPagesContinuesAndOneThatDoesNotIsNeverCutShort() {
    put("/x/1", "1");
    put("/x/2", "2");
    put("/x/3", "3");
    served.store.pageSize = 2;

    ScanResponse first = stub.handleClientScan(scan("/x/").setLimit(100).build());
    ScanResponse second =
        stub.handleClientScan(scan("/x/").setLimit(100).setFrom(first.getNext()).build());

    assertThat(first.getEntriesCount()).isEqualTo(2);
    assertThat(second.getEntriesCount()).isEqualTo(1);
    assertThat(second.hasNext()).isFalse();
    assertThat(failure(() -> stub.handleClientScan(scan("/x/").build())).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aFollowerNamesTheLeader() {
    served.store.failure = new NotLeaderException(3, "10.0.0.3:9081");
    ClientResponse write = put("a", "1");
    assertThat(write.getError()).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(write.getMetadata().getLeaderId()).isEqualTo("3");
    assertThat(write.getMetadata().getLeaderAddress()).isEqualTo("10.0.0.3:9081");

    served.store.failure = new NotLeaderException(0, "");
    assertThat(stub.handleClientRead(read("a")).getMetadata().hasLeaderId()).isFalse();

    served.store.failure = new NotLeaderException(3, "10.0.0.3:9081");
    StatusRuntimeException scan = failure(() -> stub.handleClientScan(scan("/x/").build()));
    assertThat(scan.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    Metadata trailers = scan.getTrailers();
    assertThat(trailers).isNotNull();
    assertThat(trailers.get(Problem.LEADER_TRAILER))
        .isEqualTo("{\"leader_id\":3,\"address\":\"10.0.0.3:9081\"}");
  }

  @Test
  void rejectionsAreToldInTheBody() {
    served.store.failure = new RateLimitedException("too much", Duration.ofMillis(30));
    ClientResponse limited = put("a", "1");
    assertThat(limited.getError()).isEqualTo(ErrorCode.RATE_LIMITED);
    assertThat(limited.getMetadata().getRetryAfterMs()).isEqualTo(30);

    served.store.failure = new ClusterUnavailableException("no quorum");
    ClientResponse unavailable = put("a", "1");
    assertThat(unavailable.getError()).isEqualTo(ErrorCode.CLUSTER_UNAVAILABLE);
    assertThat(unavailable.getMetadata().getDebugMessage()).isEqualTo("no quorum");
  }

  @Test
  void unknownOutcomesAndBadInputAreStatuses() {
    served.store.failure = new OutcomeUnknownException("deadline");
    assertThat(failure(() -> put("a", "1")).getStatus().getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    served.store.failure = new ClosedException("engine");
    assertThat(failure(() -> put("a", "1")).getStatus().getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    served.store.failure = new InvalidRequestException("key", 5000, "1 to 4096 bytes");
    StatusRuntimeException invalid = failure(() -> put("a", "1"));
    assertThat(invalid.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(invalid.getStatus().getDescription()).contains("key = 5000", "4096");
    served.store.failure = new IllegalStateException("a bug with a secret");
    StatusRuntimeException bug = failure(() -> put("a", "1"));
    assertThat(bug.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(bug.getStatus().getDescription()).doesNotContain("secret");
  }

  @Test
  void emptyRequestsAreInvalid() {
    assertThat(
            failure(() -> stub.handleClientWrite(ClientWriteRequest.getDefaultInstance()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(
            failure(() -> stub.handleClientRead(ClientReadRequest.getDefaultInstance()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void aTimeToLiveReachesTheStore() {
    write(
        WriteCommand.newBuilder()
            .setInsert(WriteCommand.Insert.newBuilder().setKey(utf("a")).setTtlSecs(5)));

    assertThat(served.store.ttls).containsExactly(Map.entry(Bytes.of("a"), Duration.ofSeconds(5)));
  }

  @Test
  void aTimeToLiveBeyondTheLimitIsRefused() {
    WriteCommand.Builder tooLong =
        WriteCommand.newBuilder()
            .setInsert(WriteCommand.Insert.newBuilder().setKey(utf("a")).setTtlSecs(1L << 40));
    WriteCommand.Builder unsigned =
        WriteCommand.newBuilder()
            .setInsert(WriteCommand.Insert.newBuilder().setKey(utf("a")).setTtlSecs(-1));

    for (WriteCommand.Builder command : List.of(tooLong, unsigned)) {
      StatusRuntimeException failure = failure(() -> write(command));
      assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(failure.getStatus().getDescription()).contains("ttl");
    }
  }

  @Test
  void theCallersDeadlineReachesTheEngineWithinTheServersMaximum() {
    stub.withDeadlineAfter(2, TimeUnit.SECONDS).handleClientRead(read("a"));
    stub.withDeadlineAfter(1, TimeUnit.HOURS).handleClientRead(read("a"));

    // The first is the default, which the services prepare.
    assertThat(served.store.deadlines.poll()).isEqualTo(Duration.ofSeconds(5));
    assertThat(served.store.deadlines.poll())
        .isBetween(Duration.ofMillis(500), Duration.ofSeconds(2));
    assertThat(served.store.deadlines.poll()).isEqualTo(ServiceOptions.DEFAULT.maxDeadline());
  }

  @Test
  void anAnswerThatComesLaterArrives() throws Exception {
    CompletableFuture<Void> gate = new CompletableFuture<>();
    served.store.gate = gate;
    var future = RaftClientServiceGrpc.newFutureStub(served.channel).handleClientRead(read("a"));
    while (served.store.started.get() == 0) {
      Thread.onSpinWait();
    }

    gate.complete(null);

    assertThat(future.get(10, TimeUnit.SECONDS).getError()).isEqualTo(ErrorCode.SUCCESS);
  }

  private static StatusRuntimeException failure(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    return failure;
  }

  private ClientResponse put(String key, String value) {
    return write(
        WriteCommand.newBuilder()
            .setInsert(WriteCommand.Insert.newBuilder().setKey(utf(key)).setValue(utf(value))));
  }

  private ClientResponse swap(String key, String expected, String value) {
    WriteCommand.CompareAndSwap.Builder swap =
        WriteCommand.CompareAndSwap.newBuilder().setKey(utf(key)).setNewValue(utf(value));
    if (expected != null) {
      swap.setExpectedValue(utf(expected));
    }
    return write(WriteCommand.newBuilder().setCompareAndSwap(swap));
  }

  private ClientResponse write(WriteCommand.Builder command) {
    return stub.handleClientWrite(ClientWriteRequest.newBuilder().setCommand(command).build());
  }

  private static ClientReadRequest read(String... keys) {
    ClientReadRequest.Builder request = ClientReadRequest.newBuilder();
    for (String key : keys) {
      request.addKeys(utf(key));
    }
    return request.build();
  }

  private static ScanRequest.Builder scan(String prefix) {
    return ScanRequest.newBuilder().setPrefix(utf(prefix));
  }

  private static ByteString utf(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
