package dengine.api;

import java.util.List;
import java.util.Optional;

/// Who makes up the cluster.
///
/// @param index place of this configuration in the log; 0 for the one the cluster was founded with.
///     Of two that are committed the one with the higher index is the later one
/// @param committed whether it can no longer be taken back; until then it counts already
/// @param leader who leads as far as the node that answers knows; 0 for nobody
/// @param members ascending by id
public record ClusterMembership(
    long index, boolean committed, int leader, List<ClusterMember> members) {

  public ClusterMembership {
    members = List.copyOf(members);
  }

  /// Whether one configuration is being left for another: decisions need a majority of both.
  public boolean isJoint() {
    return members.stream()
        .anyMatch(
            member ->
                switch (member.standing()) {
                  case VOTER, LEARNER -> false;
                  case ENTERING, LEAVING, DEMOTED -> true;
                });
  }

  /// A member; empty if the node is none.
  public Optional<ClusterMember> member(int id) {
    return members.stream().filter(member -> member.id() == id).findFirst();
  }
}
