package dengine.grpc;

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
import dengine.proto.cluster.NodeMeta;
import dengine.proto.common.NodeRole;
import dengine.proto.common.NodeStatus;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The original's cluster service, as far as clients use it. Every node answers, learners too.
final class ClusterService extends ClusterManagementServiceImplBase {

  private final Deadlines deadlines;
  private final Answers answers;

  ClusterService(Deadlines deadlines, Answers answers) {
    this.deadlines = deadlines;
    this.answers = answers;
  }

  @Override
  public void getClusterMetadata(
      MetadataRequest request, StreamObserver<ClusterMembership> caller) {
    AsyncClient client = deadlines.forCall();
    answers.answer(
        caller,
        () -> client.members().thenCombine(client.leader(), ClusterService::membership),
        membership -> membership);
  }

  private static ClusterMembership membership(List<Member> members, Optional<Leader> leader) {
    ClusterMembership.Builder membership = ClusterMembership.newBuilder();
    for (Member member : members) {
      membership.addNodes(
          NodeMeta.newBuilder()
              .setId(member.id())
              .setAddress(member.address())
              .setRole(role(member.role()).getNumber())
              .setStatus(
                  member.role() == Member.Role.LEARNER
                      ? NodeStatus.NODE_STATUS_PROMOTABLE
                      : NodeStatus.NODE_STATUS_ACTIVE));
    }
    leader.ifPresent(known -> membership.setCurrentLeaderId(known.id()));
    return membership.build();
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
    RaftClientService.unimplemented(caller, "UpdateClusterConf");
  }

  @Override
  public void joinCluster(JoinRequest request, StreamObserver<JoinResponse> caller) {
    RaftClientService.unimplemented(caller, "JoinCluster");
  }
}
