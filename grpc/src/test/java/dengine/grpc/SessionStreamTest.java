package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.ReadPolicy;
import dengine.proto.client.ReadConsistencyPolicy;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.Command;
import dengine.proto.v1.CompareAndSwap;
import dengine.proto.v1.Delete;
import dengine.proto.v1.Failure;
import dengine.proto.v1.FindLeader;
import dengine.proto.v1.Get;
import dengine.proto.v1.GetMany;
import dengine.proto.v1.Members;
import dengine.proto.v1.Put;
import dengine.proto.v1.Reply;
import dengine.proto.v1.ScanKeys;
import dengine.proto.v1.SessionGrpc;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.Welcome;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SessionStreamTest {

  private Served served;
  private Talk talk;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT.withSessionBounds(100, 32 << 20));
    talk = new Talk();
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
  }

  @Test
  void theServerIntroducesItselfFirst() throws Exception {
    talk.open();

    Welcome welcome = talk.next().getWelcome();
    assertThat(welcome.getNodeId()).isEqualTo(1);
    assertThat(welcome.getClusterId()).isEqualTo(7);
    assertThat(welcome.getLeaderId()).isEqualTo(1);
    assertThat(welcome.getLeaderAddress()).isEqualTo("127.0.0.1:9081");
    assertThat(welcome.getMaxInFlight()).isEqualTo(100);
    assertThat(welcome.getMaxRequestBytes()).isEqualTo(4 << 20);
  }

  @Test
  void everyCommandGetsItsReply() throws Exception {
    talk.open();
    talk.send(
        command(1).setPut(Put.newBuilder().setKey(utf("a")).setValue(utf("1"))),
        command(2)
            .setCompareAndSwap(
                CompareAndSwap.newBuilder()
                    .setKey(utf("a"))
                    .setExpected(utf("1"))
                    .setValue(utf("2"))),
        command(3)
            .setCompareAndSwap(CompareAndSwap.newBuilder().setKey(utf("a")).setValue(utf("3"))),
        command(4).setGet(Get.newBuilder().setKey(utf("a"))),
        command(5).setGet(Get.newBuilder().setKey(utf("nothing"))),
        command(6).setGetMany(GetMany.newBuilder().addKeys(utf("nothing")).addKeys(utf("a"))),
        command(7).setScan(ScanKeys.newBuilder().setPrefix(utf("a"))),
        command(8).setMembers(Members.getDefaultInstance()),
        command(9).setLeader(FindLeader.getDefaultInstance()),
        command(10).setDelete(Delete.newBuilder().setKey(utf("a"))),
        command(11));

    Map<Long, Reply> replies = talk.replies(11);

    assertThat(replies.get(1L).getRevision()).isEqualTo(1);
    assertThat(replies.get(2L).getSwap().getSucceeded()).isTrue();
    assertThat(replies.get(3L).getSwap().getSucceeded()).isFalse();
    assertThat(replies.get(4L).getGet().getRecord().getValue()).isEqualTo(utf("2"));
    assertThat(replies.get(4L).getGet().getRecord().getVersion()).isEqualTo(2);
    assertThat(replies.get(5L).getGet().hasRecord()).isFalse();
    assertThat(replies.get(5L).getResultCase()).isEqualTo(Reply.ResultCase.GET);
    assertThat(replies.get(6L).getGetMany().getSlots(0).hasRecord()).isFalse();
    assertThat(replies.get(6L).getGetMany().getSlots(1).getRecord().getValue()).isEqualTo(utf("2"));
    assertThat(replies.get(7L).getScan().getRecords(0).getKey()).isEqualTo(utf("a"));
    assertThat(replies.get(8L).getMembers().getMembersCount()).isEqualTo(3);
    assertThat(replies.get(9L).getLeader().getTerm()).isEqualTo(3);
    assertThat(replies.get(10L).getRevision()).isEqualTo(4);
    assertThat(replies.get(11L).getFailure().getCode()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void answersThatAreReadyTogetherLeaveTogether() throws Exception {
    talk.open();
    talk.next();
    Command.Builder[] gets = new Command.Builder[50];
    for (int i = 0; i < gets.length; i++) {
      gets[i] = command(i + 1).setGet(Get.newBuilder().setKey(utf("k" + i)));
    }
    talk.send(gets);

    assertThat(talk.next().getRepliesCount()).isEqualTo(50);
  }

  @Test
  void failuresSayWhatMayBeConcluded() throws Exception {
    talk.open();
    served.store.failure = new NotLeaderException(3, "10.0.0.3:9081");
    talk.send(command(1).setGet(Get.newBuilder().setKey(utf("a"))));
    Failure rejected = talk.replies(1).get(1L).getFailure();
    served.store.failure = new OutcomeUnknownException("deadline");
    talk.send(command(2).setPut(Put.newBuilder().setKey(utf("a"))));
    Failure unknown = talk.replies(1).get(2L).getFailure();

    assertThat(rejected.getOutcome()).isEqualTo(Failure.Outcome.OUTCOME_REJECTED);
    assertThat(rejected.getCode()).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(rejected.getMetadata().getLeaderAddress()).isEqualTo("10.0.0.3:9081");
    assertThat(unknown.getOutcome()).isEqualTo(Failure.Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void aBugInOneCommandDoesNotSilenceTheSession() throws Exception {
    talk.open();
    served.store.bug = new IllegalStateException("a bug with a secret");
    talk.send(
        command(1).setPut(Put.newBuilder().setKey(utf("a"))),
        command(2).setPut(Put.newBuilder().setKey(utf("a"))));

    Map<Long, Reply> replies = talk.replies(2);

    assertThat(replies.get(1L).getFailure().getOutcome())
        .isEqualTo(Failure.Outcome.OUTCOME_UNKNOWN);
    assertThat(replies.get(1L).getFailure().getMessage()).doesNotContain("secret");
    assertThat(replies.get(2L).getRevision()).isEqualTo(1);
  }

  @Test
  void policiesAndDeadlinesArePerCommand() throws Exception {
    talk.open();
    served.store.deadlines.clear();
    talk.send(
        command(1).setTimeoutMs(250).setGet(Get.newBuilder().setKey(utf("a"))),
        command(2)
            .setGet(
                Get.newBuilder()
                    .setKey(utf("a"))
                    .setPolicy(ReadConsistencyPolicy.READ_CONSISTENCY_POLICY_LEASE_READ)));
    talk.replies(2);

    assertThat(served.store.policies).containsExactly(ReadPolicy.LINEARIZABLE, ReadPolicy.LEASE);
    assertThat(served.store.deadlines).containsExactly(Duration.ofMillis(250));
  }

  @Test
  void noMoreThanTheBoundIsUnderWay() throws Exception {
    CompletableFuture<Void> gate = new CompletableFuture<>();
    served.store.gate = gate;
    talk.open();
    talk.next();
    for (int message = 0; message < 10; message++) {
      Command.Builder[] gets = new Command.Builder[50];
      for (int i = 0; i < gets.length; i++) {
        gets[i] = command(message * 50 + i + 1).setGet(Get.newBuilder().setKey(utf("a")));
      }
      talk.send(gets);
    }
    while (served.store.started.get() < 100) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    // The server reads no further: asking another session shows that it had the chance to.
    Talk other = new Talk();
    other.open();
    other.next();

    assertThat(served.store.started.get()).isEqualTo(100);
    gate.complete(null);
    assertThat(talk.replies(500)).hasSize(500);
  }

  @Test
  void readsAreBoundedByWhatTheyMayHoldUntilThatIsKnown() throws Exception {
    stop();
    served = new Served(ServiceOptions.DEFAULT.withSessionBounds(100, 1 << 20));
    talk = new Talk();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    served.store.gate = gate;
    talk.open();
    talk.next();
    Command.Builder[] gets = new Command.Builder[50];
    for (int i = 0; i < gets.length; i++) {
      gets[i] = command(i + 1).setGet(Get.newBuilder().setKey(utf("a")));
    }
    talk.send(gets);
    while (served.store.started.get() < 16) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    // Another session's answer shows that there was time for more.
    Talk other = new Talk();
    other.open();
    other.next();

    assertThat(served.store.started.get()).isEqualTo(16);
    gate.complete(null);
    assertThat(talk.replies(50)).hasSize(50);
  }

  @Test
  void aPingIsAnsweredWhileCommandsWait() throws Exception {
    served.store.gate = new CompletableFuture<>();
    talk.open();
    talk.next();
    talk.send(command(1).setGet(Get.newBuilder().setKey(utf("a"))));
    talk.stream.onNext(SessionRequest.newBuilder().setPing(42).build());

    assertThat(talk.next().getPong()).isEqualTo(42);
  }

  @Test
  void aClosingServerFinishesWhatIsUnderWay() throws Exception {
    CompletableFuture<Void> gate = new CompletableFuture<>();
    served.store.gate = gate;
    talk.open();
    talk.next();
    talk.send(command(1).setPut(Put.newBuilder().setKey(utf("a")).setValue(utf("1"))));
    while (served.store.started.get() == 0) {
      Thread.onSpinWait();
    }

    served.services.close();
    talk.send(command(2).setPut(Put.newBuilder().setKey(utf("b")).setValue(utf("1"))));
    Reply refused = talk.replies(1).get(2L);
    gate.complete(null);
    Reply finished = talk.replies(1).get(1L);

    assertThat(refused.getFailure().getCode()).isEqualTo(ErrorCode.CLUSTER_UNAVAILABLE);
    assertThat(refused.getFailure().getOutcome()).isEqualTo(Failure.Outcome.OUTCOME_REJECTED);
    assertThat(finished.getRevision()).isEqualTo(1);
    assertThat(talk.ended.get(10, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  private static Command.Builder command(long id) {
    return Command.newBuilder().setId(id);
  }

  private static ByteString utf(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /// The client's end of a session.
  private final class Talk implements ClientResponseObserver<SessionRequest, SessionResponse> {
    final BlockingQueue<SessionResponse> responses = new LinkedBlockingQueue<>();
    final CompletableFuture<String> ended = new CompletableFuture<>();
    ClientCallStreamObserver<SessionRequest> stream;

    void open() {
      SessionGrpc.newStub(served.channel).open(this);
    }

    void send(Command.Builder... commands) {
      SessionRequest.Builder request = SessionRequest.newBuilder();
      List.of(commands).forEach(request::addCommands);
      stream.onNext(request.build());
    }

    SessionResponse next() throws InterruptedException {
      SessionResponse response = responses.poll(10, TimeUnit.SECONDS);
      if (response == null) {
        throw new AssertionError("no response within 10 s");
      }
      return response;
    }

    Map<Long, Reply> replies(int number) throws InterruptedException {
      List<Reply> replies = new ArrayList<>();
      while (replies.size() < number) {
        replies.addAll(next().getRepliesList());
      }
      Map<Long, Reply> byId = new HashMap<>();
      replies.forEach(reply -> byId.put(reply.getId(), reply));
      return byId;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SessionRequest> opened) {
      stream = opened;
    }

    @Override
    public void onNext(SessionResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      ended.complete(failure.toString());
    }

    @Override
    public void onCompleted() {
      ended.complete("completed");
    }
  }
}
