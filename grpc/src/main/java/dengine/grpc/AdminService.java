package dengine.grpc;

import dengine.engine.NodeStatus;
import dengine.proto.v1.AdminGrpc.AdminImplBase;
import dengine.proto.v1.StatusRequest;
import dengine.proto.v1.StatusResponse;
import dengine.raft.RoleChange;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/// Tells operators how this node sees itself and its peers.
final class AdminService extends AdminImplBase {

  private final Supplier<NodeStatus> status;

  AdminService(Supplier<NodeStatus> status) {
    this.status = status;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> caller) {
    // The status waits for the event loop, which the network's threads must not.
    Thread.startVirtualThread(() -> answer(caller));
  }

  private void answer(StreamObserver<StatusResponse> caller) {
    try {
      caller.onNext(response(status.get()));
      caller.onCompleted();
    } catch (RuntimeException failure) {
      caller.onError(Status.UNAVAILABLE.withDescription(failure.getMessage()).asRuntimeException());
    }
  }

  private static StatusResponse response(NodeStatus node) {
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setId(node.id())
            .setClusterId(node.clusterId())
            .setRole(role(node.role()))
            .setTerm(node.term())
            .setLeaderId(node.leader())
            .setLastIndex(node.lastIndex())
            .setCommitIndex(node.commitIndex())
            .setAppliedIndex(node.appliedIndex());
    for (NodeStatus.Peer peer : node.peers()) {
      StatusResponse.Peer.Builder told =
          StatusResponse.Peer.newBuilder()
              .setId(peer.id())
              .setMatchIndex(peer.matchIndex())
              .setLag(Math.max(0, node.lastIndex() - peer.matchIndex()));
      if (peer.lastContactMillis() >= 0) {
        told.setLastContactMs(peer.lastContactMillis());
      }
      response.addPeers(told);
    }
    return response.build();
  }

  private static StatusResponse.Role role(RoleChange.Kind role) {
    return switch (role) {
      case FOLLOWER -> StatusResponse.Role.ROLE_FOLLOWER;
      case PRE_CANDIDATE -> StatusResponse.Role.ROLE_PRE_CANDIDATE;
      case CANDIDATE -> StatusResponse.Role.ROLE_CANDIDATE;
      case LEADER -> StatusResponse.Role.ROLE_LEADER;
      case LEARNER -> StatusResponse.Role.ROLE_LEARNER;
    };
  }
}
