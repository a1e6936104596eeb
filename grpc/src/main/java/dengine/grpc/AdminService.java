package dengine.grpc;

import dengine.api.Admin;
import dengine.api.ClusterUnavailableException;
import dengine.api.InvalidRequestException;
import dengine.api.NewMember;
import dengine.engine.Configuration;
import dengine.engine.NodeStatus;
import dengine.proto.v1.AddMember;
import dengine.proto.v1.AdminGrpc.AdminImplBase;
import dengine.proto.v1.ChangeMembersRequest;
import dengine.proto.v1.ChangeMembersResponse;
import dengine.proto.v1.CreateSnapshotRequest;
import dengine.proto.v1.ListMembersRequest;
import dengine.proto.v1.Membership;
import dengine.proto.v1.SaveSnapshotRequest;
import dengine.proto.v1.SaveSnapshotResponse;
import dengine.proto.v1.SnapshotInfo;
import dengine.proto.v1.StatusRequest;
import dengine.proto.v1.StatusResponse;
import dengine.proto.v1.TransferLeadershipRequest;
import dengine.proto.v1.TransferLeadershipResponse;
import dengine.proto.v1.WatchMembersRequest;
import dengine.raft.RoleChange;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/// Tells operators how this node sees itself and its peers, and does what they ask for.
final class AdminService extends AdminImplBase {

  private final AdminCalls calls;
  private final Supplier<NodeStatus> status;
  private final Supplier<ServiceActivity> activity;

  /// @param activity what the node has done for clients
  AdminService(AdminCalls calls, Supplier<NodeStatus> status, Supplier<ServiceActivity> activity) {
    this.calls = calls;
    this.status = status;
    this.activity = activity;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> caller) {
    calls.look(caller, _ -> now(), this::response);
  }

  private NodeStatus now() {
    try {
      return status.get();
    } catch (RuntimeException stopped) {
      throw new ClusterUnavailableException(String.valueOf(stopped.getMessage()), stopped);
    }
  }

  @Override
  public void listMembers(ListMembersRequest request, StreamObserver<Membership> caller) {
    calls.look(caller, Admin::listMembers, Views::membership);
  }

  @Override
  public void watchMembers(WatchMembersRequest request, StreamObserver<Membership> caller) {
    calls.watch(caller, Views::membership);
  }

  @Override
  public void changeMembers(
      ChangeMembersRequest request, StreamObserver<ChangeMembersResponse> caller) {
    calls.answer(
        caller,
        admin -> change(admin, request),
        index -> ChangeMembersResponse.newBuilder().setIndex(index).build());
  }

  private static long change(Admin admin, ChangeMembersRequest request) {
    return switch (request.getChangeCase()) {
      case ADD -> {
        AddMember add = request.getAdd();
        yield admin.add(
            new NewMember(
                add.getId(),
                add.getAddress(),
                add.getReadOnly(),
                add.getIncarnation(),
                add.getReplaces()));
      }
      case PROMOTE -> admin.promote(request.getPromote().getIdsList());
      case DEMOTE -> admin.demote(request.getDemote().getId());
      case REMOVE -> admin.remove(request.getRemove().getIdsList());
      case READDRESS ->
          admin.readdress(request.getReaddress().getId(), request.getReaddress().getAddress());
      case CHANGE_NOT_SET ->
          throw new InvalidRequestException(
              "change", "absent", "add, promote, demote, remove or readdress");
    };
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> caller) {
    calls.answer(
        caller,
        admin -> {
          admin.transferLeadership(request.getTo());
          return true;
        },
        _ -> TransferLeadershipResponse.getDefaultInstance());
  }

  @Override
  public void createSnapshot(CreateSnapshotRequest request, StreamObserver<SnapshotInfo> caller) {
    calls.snapshot(caller, Views::snapshot);
  }

  @Override
  public void saveSnapshot(
      SaveSnapshotRequest request, StreamObserver<SaveSnapshotResponse> caller) {
    calls.save(caller);
  }

  private StatusResponse response(NodeStatus node) {
    ServiceActivity done = activity.get();
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setId(node.id())
            .setClusterId(node.clusterId())
            .setRole(role(node.role()))
            .setTerm(node.term())
            .setLeaderId(node.leader())
            .setLastIndex(node.lastIndex())
            .setCommitIndex(node.commitIndex())
            .setAppliedIndex(node.appliedIndex())
            .setStanding(standing(node))
            .setFirstIndex(node.history().firstIndex())
            .setCalls(node.load().calls())
            .setWatches(done.watches())
            .setRequests(done.requests());
    node.history()
        .snapshot()
        .ifPresent(
            kept ->
                response.setSnapshot(
                    StatusResponse.KeptSnapshot.newBuilder()
                        .setIndex(kept.position().index())
                        .setBytes(kept.bytes())
                        .setAgeMs(kept.ageMillis())));
    for (NodeStatus.Peer peer : node.peers()) {
      response.addPeers(
          StatusResponse.Peer.newBuilder()
              .setId(peer.id())
              .setMatchIndex(peer.matchIndex())
              .setLag(Math.max(0, node.lastIndex() - peer.matchIndex()))
              .setLastContactMs(peer.lastContactMillis()));
    }
    return response.build();
  }

  private static StatusResponse.Standing standing(NodeStatus node) {
    Configuration known = node.configuration();
    if (node.removed()) {
      return StatusResponse.Standing.STANDING_REMOVED;
    }
    if (known.membership().equals(dengine.raft.Membership.NONE)) {
      return StatusResponse.Standing.STANDING_JOINING;
    }
    return known.isYetToBeFounded()
        ? StatusResponse.Standing.STANDING_FOUNDING
        : StatusResponse.Standing.STANDING_MEMBER;
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
