package dengine.grpc;

import dengine.api.Admin;
import dengine.api.AsyncClient;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.Leader;
import dengine.api.Member;
import dengine.proto.cluster.ClusterConfChangeRequest;
import dengine.proto.cluster.ClusterConfUpdateResponse;
import dengine.proto.cluster.ClusterManagementServiceGrpc.ClusterManagementServiceImplBase;
import dengine.proto.cluster.ClusterMembership;
import dengine.proto.cluster.JoinRequest;
import dengine.proto.cluster.JoinResponse;
import dengine.proto.cluster.LeaderDiscoveryRequest;
import dengine.proto.cluster.LeaderDiscoveryResponse;
import dengine.proto.cluster.MetadataRequest;
import dengine.proto.common.NodeRole;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/// The original's cluster service. Every node answers, learners too.
final class ClusterService extends ClusterManagementServiceImplBase {

  private final Deadlines deadlines;
  private final Answers answers;
  private final AdminCalls calls;
  private final Joins joins;

  ClusterService(Deadlines deadlines, Answers answers, AdminCalls calls, Joins joins) {
    this.deadlines = deadlines;
    this.answers = answers;
    this.calls = calls;
    this.joins = joins;
  }

  @Override
  public void getClusterMetadata(
      MetadataRequest request, StreamObserver<ClusterMembership> caller) {
    calls.look(caller, Admin::listMembers, Views::metadata);
  }

  static NodeRole role(Member.Role role) {
    return switch (role) {
      case LEADER -> NodeRole.NODE_ROLE_LEADER;
      case FOLLOWER -> NodeRole.NODE_ROLE_FOLLOWER;
      case CANDIDATE -> NodeRole.NODE_ROLE_CANDIDATE;
      case LEARNER -> NodeRole.NODE_ROLE_LEARNER;
    };
  }

  @Override
  public void discoverLeader(
      LeaderDiscoveryRequest request, StreamObserver<LeaderDiscoveryResponse> caller) {
    AsyncClient client = deadlines.forCall();
    answers.answer(caller, () -> leader(client, request), ClusterService::discovered);
  }

  private static CompletableFuture<Leader> leader(
      AsyncClient client, LeaderDiscoveryRequest request) {
    if (request.getNodeId() == 0) {
      throw new InvalidRequestException("node_id", 0, "1 or more");
    }
    return client
        .leader()
        .thenApply(
            leader ->
                leader.orElseThrow(
                    () -> new ClusterUnavailableException("no leader is known at present")));
  }

  private static LeaderDiscoveryResponse discovered(Leader leader) {
    return LeaderDiscoveryResponse.newBuilder()
        .setLeaderId(leader.id())
        .setLeaderAddress(leader.address())
        .setTerm(leader.term())
        .build();
  }

  @Override
  public void updateClusterConf(
      ClusterConfChangeRequest request, StreamObserver<ClusterConfUpdateResponse> caller) {
    caller.onError(
        Status.UNIMPLEMENTED
            .withDescription(
                "UpdateClusterConf changed one node's members past the log; use dengine.v1.Admin")
            .asRuntimeException());
  }

  @Override
  public void joinCluster(JoinRequest request, StreamObserver<JoinResponse> caller) {
    calls.answer(caller, admin -> joins.join(admin, request), response -> response);
  }
}
