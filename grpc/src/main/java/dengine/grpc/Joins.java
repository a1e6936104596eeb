package dengine.grpc;

import dengine.api.Admin;
import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.InvalidRequestException;
import dengine.api.NewMember;
import dengine.api.NotLeaderException;
import dengine.engine.spi.MetaStore;
import dengine.proto.cluster.ClusterManagementServiceGrpc;
import dengine.proto.cluster.JoinRequest;
import dengine.proto.cluster.JoinResponse;
import dengine.proto.common.NodeRole;
import dengine.proto.common.NodeStatus;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// Takes nodes into the cluster that ask any member for it. The leader does it; a member that does
/// not lead asks the leader, once: with two members that each take the other for the leader a
/// request would otherwise go round.
///
/// Blocks; any thread.
final class Joins {

  private final MetaStore.Identity identity;
  private final Function<String, ManagedChannel> dial;

  /// @param dial connects to another member at `host:port`
  Joins(MetaStore.Identity identity, Function<String, ManagedChannel> dial) {
    this.identity = identity;
    this.dial = dial;
  }

  /// Answers a node that wants to join.
  JoinResponse join(Admin admin, JoinRequest request) {
    check(request);
    ClusterMembership known = admin.listMembers();
    if (known.leader() != identity.nodeId()) {
      String address = known.member(known.leader()).map(ClusterMember::address).orElse("");
      return askLeader(admin, request, new NotLeaderException(known.leader(), address));
    }
    Optional<ClusterMember> before = known.member(request.getNodeId());
    if (before.isPresent()) {
      comeBack(admin, request, before.get());
    } else {
      admin.add(newMember(request, readOnly(request), request.getReplaces()));
    }
    ClusterMembership now = admin.listMembers();
    return JoinResponse.newBuilder()
        .setSuccess(true)
        .setConfig(Views.metadata(now))
        .setConfigVersion(now.index())
        .setLeaderId(identity.nodeId())
        .setClusterId(identity.clusterId())
        .build();
  }

  private void check(JoinRequest request) {
    if (request.getClusterId() != 0 && request.getClusterId() != identity.clusterId()) {
      throw new InvalidRequestException(
          "cluster_id",
          Long.toHexString(request.getClusterId()),
          Long.toHexString(identity.clusterId()) + ", the cluster of the node that was asked");
    }
    int role = request.getNodeRole();
    if (role != NodeRole.NODE_ROLE_UNSPECIFIED.getNumber()
        && role != NodeRole.NODE_ROLE_LEARNER.getNumber()) {
      throw new InvalidRequestException(
          "node_role", role, NodeRole.NODE_ROLE_LEARNER.getNumber() + " (learner)");
    }
    try {
      HostPort.parse(request.getAddress());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException("address", request.getAddress(), "host:port");
    }
  }

  /// A member asks: its answer got lost, it was announced before, it moved, or it lost its disk.
  private void comeBack(Admin admin, JoinRequest request, ClusterMember before) {
    long incarnation = request.getIncarnation();
    if (incarnation == 0) {
      throw new InvalidRequestException("node " + before.id() + " is a member already");
    }
    if (before.incarnation() == incarnation) {
      if (!before.address().equals(request.getAddress())) {
        admin.readdress(before.id(), request.getAddress());
      }
    } else if (before.incarnation() == 0) {
      // An operator said what it is to be before it came.
      boolean readOnly = before.readOnly() || readOnly(request);
      int replaces = request.getReplaces() == 0 ? before.replaces() : request.getReplaces();
      admin.add(newMember(request, readOnly, replaces));
    } else {
      admin.add(newMember(request, before.readOnly() || readOnly(request), 0));
    }
  }

  private static NewMember newMember(JoinRequest request, boolean readOnly, int replaces) {
    return new NewMember(
        request.getNodeId(), request.getAddress(), readOnly, request.getIncarnation(), replaces);
  }

  private static boolean readOnly(JoinRequest request) {
    return request.getReadOnly() || request.getStatus() == NodeStatus.NODE_STATUS_READ_ONLY;
  }

  private JoinResponse askLeader(Admin admin, JoinRequest request, NotLeaderException hint) {
    String leader = hint.leaderAddress().orElse("");
    if (request.getForwarded() || leader.isEmpty()) {
      throw hint;
    }
    ManagedChannel channel = dial.apply(leader);
    try {
      return ClusterManagementServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(admin.deadline().toNanos(), TimeUnit.NANOSECONDS)
          .joinCluster(request.toBuilder().setForwarded(true).build());
    } catch (StatusRuntimeException refusal) {
      throw refusal.getStatus().asRuntimeException(Problem.ownTrailers(refusal.getTrailers()));
    } finally {
      channel.shutdownNow();
    }
  }
}
