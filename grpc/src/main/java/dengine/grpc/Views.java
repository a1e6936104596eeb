package dengine.grpc;

import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.Snapshot;
import dengine.proto.client.MembershipSnapshot;
import dengine.proto.cluster.NodeMeta;
import dengine.proto.common.NodeRole;
import dengine.proto.common.NodeStatus;
import dengine.proto.v1.Membership;
import dengine.proto.v1.SnapshotInfo;

/// Writes what operators see, in our own words and in the original's.
final class Views {

  private Views() {}

  /// For our own service.
  static Membership membership(ClusterMembership view) {
    Membership.Builder written =
        Membership.newBuilder()
            .setIndex(view.index())
            .setCommitted(view.committed())
            .setLeaderId(view.leader());
    for (ClusterMember member : view.members()) {
      dengine.proto.v1.ClusterMember.Builder one =
          dengine.proto.v1.ClusterMember.newBuilder()
              .setId(member.id())
              .setAddress(member.address())
              .setStanding(standing(member.standing()))
              .setReadOnly(member.readOnly())
              .setIncarnation(member.incarnation())
              .setReplaces(member.replaces());
      member.lag().ifPresent(one::setLag);
      member.silentMillis().ifPresent(one::setSilentMs);
      written.addMembers(one);
    }
    return written.build();
  }

  private static dengine.proto.v1.ClusterMember.Standing standing(ClusterMember.Standing standing) {
    return switch (standing) {
      case VOTER -> dengine.proto.v1.ClusterMember.Standing.STANDING_VOTER;
      case LEARNER -> dengine.proto.v1.ClusterMember.Standing.STANDING_LEARNER;
      case ENTERING -> dengine.proto.v1.ClusterMember.Standing.STANDING_ENTERING;
      case LEAVING -> dengine.proto.v1.ClusterMember.Standing.STANDING_LEAVING;
      case DEMOTED -> dengine.proto.v1.ClusterMember.Standing.STANDING_DEMOTED;
    };
  }

  static SnapshotInfo snapshot(Snapshot snapshot) {
    return SnapshotInfo.newBuilder()
        .setNodeId(snapshot.nodeId())
        .setIndex(snapshot.index())
        .setTerm(snapshot.term())
        .setBytes(snapshot.bytes())
        .setCreatedMs(snapshot.createdMillis())
        .build();
  }

  /// For watchers that speak the original's protocol.
  static MembershipSnapshot ids(ClusterMembership view) {
    MembershipSnapshot.Builder ids =
        MembershipSnapshot.newBuilder().setCommittedIndex(view.index());
    for (ClusterMember member : view.members()) {
      if (member.standing() == ClusterMember.Standing.LEARNER) {
        ids.addLearners(member.id());
      } else {
        ids.addMembers(member.id());
      }
    }
    return ids.build();
  }

  /// For clients that speak the original's protocol.
  static dengine.proto.cluster.ClusterMembership metadata(ClusterMembership view) {
    dengine.proto.cluster.ClusterMembership.Builder metadata =
        dengine.proto.cluster.ClusterMembership.newBuilder().setVersion(view.index());
    for (ClusterMember member : view.members()) {
      metadata.addNodes(
          NodeMeta.newBuilder()
              .setId(member.id())
              .setAddress(member.address())
              .setRole(role(member, view.leader()).getNumber())
              .setStatus(status(member)));
    }
    if (view.leader() != 0) {
      metadata.setCurrentLeaderId(view.leader());
    }
    return metadata.build();
  }

  private static NodeRole role(ClusterMember member, int leader) {
    if (member.id() == leader) {
      return NodeRole.NODE_ROLE_LEADER;
    }
    return member.standing() == ClusterMember.Standing.LEARNER
        ? NodeRole.NODE_ROLE_LEARNER
        : NodeRole.NODE_ROLE_FOLLOWER;
  }

  private static NodeStatus status(ClusterMember member) {
    if (member.standing() != ClusterMember.Standing.LEARNER) {
      return NodeStatus.NODE_STATUS_ACTIVE;
    }
    return member.readOnly() ? NodeStatus.NODE_STATUS_READ_ONLY : NodeStatus.NODE_STATUS_PROMOTABLE;
  }
}
