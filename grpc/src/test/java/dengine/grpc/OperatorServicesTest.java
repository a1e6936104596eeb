package dengine.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dengine.proto.cluster.ClusterConfChangeRequest;
import dengine.proto.cluster.ClusterManagementServiceGrpc;
import dengine.proto.cluster.ClusterManagementServiceGrpc.ClusterManagementServiceBlockingStub;
import dengine.proto.cluster.ClusterMembership;
import dengine.proto.cluster.LeaderDiscoveryRequest;
import dengine.proto.cluster.LeaderDiscoveryResponse;
import dengine.proto.cluster.MetadataRequest;
import dengine.proto.cluster.NodeMeta;
import dengine.proto.common.NodeRole;
import dengine.proto.common.NodeStatus;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.StatusRequest;
import dengine.proto.v1.StatusResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OperatorServicesTest {

  private Served served;
  private ClusterManagementServiceBlockingStub cluster;

  @BeforeEach
  void serve() throws Exception {
    served = new Served(ServiceOptions.DEFAULT);
    cluster = ClusterManagementServiceGrpc.newBlockingStub(served.channel);
  }

  @AfterEach
  void stop() throws Exception {
    served.close();
  }

  @Test
  void theMetadataNameTheNodesAndTheLeader() {
    ClusterMembership membership = cluster.getClusterMetadata(MetadataRequest.getDefaultInstance());

    assertThat(membership.getCurrentLeaderId()).isEqualTo(1);
    assertThat(membership.getNodesList())
        .containsExactly(
            node(1, "127.0.0.1:9081", NodeRole.NODE_ROLE_LEADER, NodeStatus.NODE_STATUS_ACTIVE),
            node(2, "127.0.0.1:9082", NodeRole.NODE_ROLE_FOLLOWER, NodeStatus.NODE_STATUS_ACTIVE),
            node(
                3,
                "127.0.0.1:9083",
                NodeRole.NODE_ROLE_LEARNER,
                NodeStatus.NODE_STATUS_PROMOTABLE));
  }

  @Test
  void withoutALeaderTheMetadataNameNone() {
    served.store.leader = Optional.empty();
    served.admin.leader = 0;

    assertThat(
            cluster.getClusterMetadata(MetadataRequest.getDefaultInstance()).hasCurrentLeaderId())
        .isFalse();
    assertThat(code(() -> cluster.discoverLeader(asking(9)))).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void theLeaderIsDiscovered() {
    LeaderDiscoveryResponse leader = cluster.discoverLeader(asking(9));

    assertThat(leader.getLeaderId()).isEqualTo(1);
    assertThat(leader.getLeaderAddress()).isEqualTo("127.0.0.1:9081");
    assertThat(leader.getTerm()).isEqualTo(3);
    assertThat(code(() -> cluster.discoverLeader(asking(0))))
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void membersAreNotChangedPastTheLog() {
    assertThat(code(() -> cluster.updateClusterConf(ClusterConfChangeRequest.getDefaultInstance())))
        .isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void theStatusShowsHowFarBehindPeersAre() {
    StatusResponse status =
        AdminGrpc.newBlockingStub(served.channel).status(StatusRequest.getDefaultInstance());

    assertThat(status.getRole()).isEqualTo(StatusResponse.Role.ROLE_LEADER);
    assertThat(status.getTerm()).isEqualTo(3);
    assertThat(status.getLastIndex()).isEqualTo(100);
    assertThat(status.getCommitIndex()).isEqualTo(98);
    assertThat(status.getAppliedIndex()).isEqualTo(97);
    assertThat(status.getPeers(0).getLag()).isEqualTo(10);
    assertThat(status.getPeers(0).getLastContactMs()).isEqualTo(12);
    assertThat(status.getPeers(1).getLastContactMs()).isEqualTo(95_000);
  }

  @Test
  void theStatusShowsWhatTheNodeKeepsAndDoes() {
    StatusResponse status =
        AdminGrpc.newBlockingStub(served.channel).status(StatusRequest.getDefaultInstance());

    assertThat(status.getFirstIndex()).isEqualTo(41);
    assertThat(status.getSnapshot().getIndex()).isEqualTo(40);
    assertThat(status.getSnapshot().getBytes()).isEqualTo(1234);
    assertThat(status.getSnapshot().getAgeMs()).isEqualTo(5600);
    assertThat(status.getCalls()).isEqualTo(1);
    assertThat(status.getWatches()).isZero();
    assertThat(status.getRequests()).isZero();
  }

  @Test
  void healthFollowsWhatTheNodeSays() {
    var health = HealthGrpc.newBlockingStub(served.channel);
    String name = "d_engine.client.RaftClientService";

    String operators = "dengine.v1.Admin";

    assertThat(health.check(about("")).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health.check(about(name)).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health.check(about(operators)).getStatus()).isEqualTo(ServingStatus.SERVING);
    served.lifecycle.follows(3, 2);
    assertThat(health.check(about("")).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(health.check(about(name)).getStatus()).isEqualTo(ServingStatus.SERVING);
    served.lifecycle.waits(4);
    assertThat(health.check(about(name)).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(health.check(about(operators)).getStatus()).isEqualTo(ServingStatus.SERVING);
    served.lifecycle.stops("the disk is full");
    assertThat(health.check(about(operators)).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void reflectionNamesTheServices() throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> ask =
        ServerReflectionGrpc.newStub(served.channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    ask.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());

    assertThat(answer.get(10, TimeUnit.SECONDS).getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(
            "d_engine.client.RaftClientService",
            "d_engine.server.cluster.ClusterManagementService",
            "dengine.v1.Session",
            "dengine.v1.Admin",
            "grpc.health.v1.Health");
    ask.onCompleted();
  }

  private static Status.Code code(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    assertThat(failure).isNotNull();
    return failure.getStatus().getCode();
  }

  private static HealthCheckRequest about(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  private static LeaderDiscoveryRequest asking(int node) {
    return LeaderDiscoveryRequest.newBuilder().setNodeId(node).build();
  }

  private static NodeMeta node(int id, String address, NodeRole role, NodeStatus status) {
    return NodeMeta.newBuilder()
        .setId(id)
        .setAddress(address)
        .setRole(role.getNumber())
        .setStatus(status)
        .build();
  }
}
