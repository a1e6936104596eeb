package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dengine.api.ClusterMember.Standing;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NewMember;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.SnapshotFailedException;
import dengine.engine.Configuration;
import dengine.proto.client.MembershipSnapshot;
import dengine.proto.client.RaftClientServiceGrpc;
import dengine.proto.client.WatchMembershipRequest;
import dengine.proto.error.ErrorCode;
import dengine.proto.v1.AddMember;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.ChangeMembersRequest;
import dengine.proto.v1.ClusterMember;
import dengine.proto.v1.CreateSnapshotRequest;
import dengine.proto.v1.DemoteMember;
import dengine.proto.v1.Failure;
import dengine.proto.v1.ListMembersRequest;
import dengine.proto.v1.Membership;
import dengine.proto.v1.PromoteMembers;
import dengine.proto.v1.ReaddressMember;
import dengine.proto.v1.RemoveMembers;
import dengine.proto.v1.StatusRequest;
import dengine.proto.v1.StatusResponse;
import dengine.proto.v1.TransferLeadershipRequest;
import dengine.proto.v1.WatchMembersRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AdminServiceTest {

  private Served served;
  private AdminBlockingStub admin;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
    admin = AdminGrpc.newBlockingStub(served.channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void theMembersAreShownWithWhatIsKnownOfThem() {
    served.admin.put(3, "127.0.0.1:9083", Standing.LEARNER, true, -5);

    Membership members = admin.listMembers(ListMembersRequest.getDefaultInstance());

    assertThat(members.getLeaderId()).isEqualTo(1);
    assertThat(members.getCommitted()).isTrue();
    assertThat(members.getMembersList()).extracting(ClusterMember::getId).containsExactly(1, 2, 3);
    assertThat(members.getMembers(2))
        .isEqualTo(
            ClusterMember.newBuilder()
                .setId(3)
                .setAddress("127.0.0.1:9083")
                .setStanding(ClusterMember.Standing.STANDING_LEARNER)
                .setReadOnly(true)
                .setIncarnation(-5)
                .setLag(30)
                .setSilentMs(3)
                .build());
  }

  @Test
  void everyChangeReachesTheEngineAsItWasAsked() {
    AddMember.Builder add =
        AddMember.newBuilder()
            .setId(4)
            .setAddress("127.0.0.1:9084")
            .setIncarnation(77)
            .setReplaces(2);
    change(ChangeMembersRequest.newBuilder().setAdd(add));
    change(
        ChangeMembersRequest.newBuilder()
            .setPromote(PromoteMembers.newBuilder().addIds(3).addIds(4)));
    change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder().setId(2)));
    change(
        ChangeMembersRequest.newBuilder()
            .setRemove(RemoveMembers.newBuilder().addIds(2).addIds(3)));
    change(
        ChangeMembersRequest.newBuilder()
            .setReaddress(ReaddressMember.newBuilder().setId(1).setAddress("h:1")));
    var _ = admin.transferLeadership(TransferLeadershipRequest.newBuilder().setTo(2).build());
    var snapshot = admin.createSnapshot(CreateSnapshotRequest.getDefaultInstance());

    assertThat(served.admin.asked)
        .containsExactly(
            "add " + new NewMember(4, "127.0.0.1:9084", false, 77, 2),
            "promote [3, 4]",
            "demote 2",
            "remove [2, 3]",
            "readdress 1 h:1",
            "transfer 2",
            "snapshot");
    assertThat(snapshot.getIndex()).isEqualTo(90);
    assertThat(served.admin.deadlines).allMatch(left -> left.toSeconds() <= 30);
  }

  private long change(ChangeMembersRequest.Builder request) {
    return admin.changeMembers(request.build()).getIndex();
  }

  @Test
  void whatIsRefusedSaysWhyAndThatNothingWasDone() {
    refused(
        new NotLeaderException(2, "h:2"), Status.Code.FAILED_PRECONDITION, ErrorCode.NOT_LEADER);
    refused(
        new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, "busy"),
        Status.Code.ABORTED,
        ErrorCode.RETRY_REQUIRED);
    refused(
        new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, "only 1 of 3 left"),
        Status.Code.FAILED_PRECONDITION,
        ErrorCode.PROPOSE_FAILED);
    refused(
        new InvalidRequestException("node 9 is no member"),
        Status.Code.INVALID_ARGUMENT,
        ErrorCode.INVALID_REQUEST);
    refused(
        new SnapshotFailedException("no room"),
        Status.Code.FAILED_PRECONDITION,
        ErrorCode.STORAGE_IO_ERROR);
  }

  private void refused(RuntimeException failure, Status.Code status, ErrorCode code) {
    served.admin.failure = failure;
    Failure told =
        failure(
            () -> change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder())),
            status);
    assertThat(told.getOutcome()).isEqualTo(Failure.Outcome.OUTCOME_REJECTED);
    assertThat(told.getCode()).isEqualTo(code);
    assertThat(told.getMessage()).isEqualTo(failure.getMessage());
  }

  @Test
  void aChangeOfUnknownOutcomeIsCalledThat() {
    served.admin.failure = new OutcomeUnknownException("too late");

    Failure told =
        failure(
            () -> change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder())),
            Status.Code.DEADLINE_EXCEEDED);

    assertThat(told.getOutcome()).isEqualTo(Failure.Outcome.OUTCOME_UNKNOWN);
  }

  @Test
  void aChangeThatIsNoneAndAMemberThatCannotBeAreRefused() {
    Failure absent =
        failure(() -> change(ChangeMembersRequest.newBuilder()), Status.Code.INVALID_ARGUMENT);
    Failure nobody =
        failure(
            () -> change(ChangeMembersRequest.newBuilder().setAdd(AddMember.newBuilder())),
            Status.Code.INVALID_ARGUMENT);

    assertThat(absent.getMessage()).contains("change = absent");
    assertThat(nobody.getMessage()).contains("id = 0, permitted: >= 1");
    assertThat(served.admin.asked).isEmpty();
  }

  @Test
  void whoSeesAfterSoManyChangesUnderWayIsStillAnsweredAndWhoChangesIsRefused() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    served.admin.gate = gate;
    List<CompletableFuture<?>> changes = new ArrayList<>();
    for (int i = 0; i < AdminCalls.MAX_CHANGES; i++) {
      changes.add(
          CompletableFuture.runAsync(
              () -> change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder())),
              Thread::startVirtualThread));
    }
    assertThat(served.admin.atGate.await(20, TimeUnit.SECONDS)).isTrue();

    Failure tooMany =
        failure(
            () -> change(ChangeMembersRequest.newBuilder().setDemote(DemoteMember.newBuilder())),
            Status.Code.RESOURCE_EXHAUSTED);
    var status = admin.status(StatusRequest.getDefaultInstance());
    gate.countDown();
    changes.forEach(CompletableFuture::join);

    assertThat(tooMany.getCode()).isEqualTo(ErrorCode.RATE_LIMITED);
    assertThat(status.getId()).isEqualTo(1);
  }

  @Test
  void aNodeSaysWhatPartItHasInItsCluster() {
    assertThat(standing()).isEqualTo(StatusResponse.Standing.STANDING_MEMBER);

    served.known = new Configuration(0, dengine.raft.Membership.of(1, 2, 3), false);
    assertThat(standing()).isEqualTo(StatusResponse.Standing.STANDING_FOUNDING);

    served.known = new Configuration(9, dengine.raft.Membership.of(1, 2, 3), false);
    assertThat(standing()).isEqualTo(StatusResponse.Standing.STANDING_MEMBER);

    served.known = new Configuration(0, dengine.raft.Membership.NONE, true);
    assertThat(standing()).isEqualTo(StatusResponse.Standing.STANDING_JOINING);

    served.removed = true;
    assertThat(standing()).isEqualTo(StatusResponse.Standing.STANDING_REMOVED);
  }

  private StatusResponse.Standing standing() {
    return admin.status(StatusRequest.getDefaultInstance()).getStanding();
  }

  @Test
  void whoWatchesSeesThePresentMembersAndThenEveryChange() {
    Iterator<Membership> ours = admin.watchMembers(WatchMembersRequest.getDefaultInstance());
    Iterator<MembershipSnapshot> originals =
        RaftClientServiceGrpc.newBlockingStub(served.channel)
            .watchMembership(WatchMembershipRequest.getDefaultInstance());
    assertThat(ours.next().getIndex()).isZero();
    assertThat(originals.next())
        .isEqualTo(
            MembershipSnapshot.newBuilder().addMembers(1).addMembers(2).addLearners(3).build());

    served.admin.addLearner(4, "h:4", false);
    served.admin.remove(List.of(2));

    assertThat(ours.next().getMembersList()).hasSize(4);
    assertThat(ours.next().getIndex()).isEqualTo(2);
    assertThat(originals.next().getLearnersList()).containsExactly(3, 4);
    assertThat(originals.next())
        .isEqualTo(
            MembershipSnapshot.newBuilder()
                .addMembers(1)
                .addLearners(3)
                .addLearners(4)
                .setCommittedIndex(2)
                .build());
  }

  @Test
  void whoWatchesIsToldThatTheNodeStopsAndIsForgotten() {
    Iterator<Membership> watching = admin.watchMembers(WatchMembersRequest.getDefaultInstance());
    var _ = watching.next();

    served.services.close();

    assertThat(code(watching::hasNext)).isEqualTo(Status.Code.UNAVAILABLE);
    served.admin.awaitNoListener();
  }

  @Test
  void aWatchThatIsCancelledIsForgotten() throws Exception {
    CompletableFuture<StreamObserver<Membership>> ended = new CompletableFuture<>();
    CountDownLatch first = new CountDownLatch(1);
    var context = io.grpc.Context.current().withCancellation();
    context.run(
        () ->
            AdminGrpc.newStub(served.channel)
                .watchMembers(
                    WatchMembersRequest.getDefaultInstance(),
                    new StreamObserver<>() {
                      @Override
                      public void onNext(Membership now) {
                        first.countDown();
                      }

                      @Override
                      public void onError(Throwable failure) {
                        ended.complete(this);
                      }

                      @Override
                      public void onCompleted() {}
                    }));
    assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();

    context.cancel(null);
    var _ = ended.get(20, TimeUnit.SECONDS);

    // The server hears of it a little later.
    while (!served.admin.listeners.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  static Failure failure(ThrowingCallable call, Status.Code code) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    assertThat(failure.getStatus().getCode()).isEqualTo(code);
    try {
      return Failure.parseFrom(failure.getTrailers().get(Problem.FAILURE_TRAILER));
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  static Status.Code code(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    return failure.getStatus().getCode();
  }
}
