package dengine.client;

import dengine.api.ClusterMember;
import dengine.api.ClusterMember.Standing;
import dengine.api.ClusterMembership;
import dengine.api.Snapshot;
import dengine.proto.v1.Membership;
import dengine.proto.v1.SnapshotInfo;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// Reads what servers tell operators.
final class AdminViews {

  private AdminViews() {}

  static ClusterMembership membership(Membership told) {
    List<ClusterMember> members =
        told.getMembersList().stream().map(AdminViews::member).collect(Collectors.toList());
    return new ClusterMembership(told.getIndex(), told.getCommitted(), told.getLeaderId(), members);
  }

  private static ClusterMember member(dengine.proto.v1.ClusterMember told) {
    return new ClusterMember(
        told.getId(),
        told.getAddress(),
        standing(told.getStanding()),
        told.getReadOnly(),
        told.getIncarnation(),
        told.getReplaces(),
        told.hasLag() ? OptionalLong.of(told.getLag()) : OptionalLong.empty(),
        told.hasSilentMs() ? OptionalLong.of(told.getSilentMs()) : OptionalLong.empty());
  }

  /// What a newer server says and this client does not know counts as no vote.
  private static Standing standing(dengine.proto.v1.ClusterMember.Standing told) {
    return switch (told) {
      case STANDING_VOTER -> Standing.VOTER;
      case STANDING_ENTERING -> Standing.ENTERING;
      case STANDING_LEAVING -> Standing.LEAVING;
      case STANDING_DEMOTED -> Standing.DEMOTED;
      case STANDING_LEARNER, STANDING_UNSPECIFIED, UNRECOGNIZED -> Standing.LEARNER;
    };
  }

  static Snapshot snapshot(SnapshotInfo told) {
    return new Snapshot(
        told.getNodeId(), told.getIndex(), told.getTerm(), told.getBytes(), told.getCreatedMs());
  }
}
