package dengine.raft;

/// What the core knows of a snapshot of the state machine: where in the log it was taken, and the
/// configuration there.
///
/// @param position of the last entry the snapshot includes
/// @param time cluster time of that entry in milliseconds
/// @param membership the last configuration at or before `position`
/// @param membershipIndex index of its entry; 0 if it is the one the cluster was founded with
public record SnapshotPoint(
    Position position, long time, Membership membership, long membershipIndex) {
  public SnapshotPoint {
    if (position.index() < 1 || membershipIndex < 0 || membershipIndex > position.index()) {
      throw new IllegalArgumentException(
          "snapshot at " + position + " with the membership of " + membershipIndex);
    }
  }
}
