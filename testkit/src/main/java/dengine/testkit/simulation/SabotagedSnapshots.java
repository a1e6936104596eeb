package dengine.testkit.simulation;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Honest snapshots with a mistake around them.
final class SabotagedSnapshots implements SnapshotStore {

  private final PlantedBug bug;
  private final SnapshotStore inner;
  private final Membership founders;
  private @Nullable Position opened;

  SabotagedSnapshots(PlantedBug bug, SnapshotStore inner, Membership founders) {
    this.bug = bug;
    this.inner = inner;
    this.founders = founders;
  }

  @Override
  public List<Snapshot> list() {
    return inner.list();
  }

  @Override
  public Writing create(SnapshotPoint point) {
    boolean stale =
        bug == PlantedBug.SNAPSHOT_HAS_THE_FOUNDERS_ONLY && !founders.equals(Membership.NONE);
    return inner.create(
        stale
            ? new SnapshotPoint(point.position(), point.time(), founders, point.membershipIndex())
            : point);
  }

  @Override
  public Reading open(Position position) {
    if (bug == PlantedBug.INSTALLS_AN_OLDER_SNAPSHOT) {
      return inner.open(inner.list().getFirst().point().position());
    }
    Position first = opened;
    if (bug == PlantedBug.INSTALLS_THE_FIRST_SNAPSHOT_AGAIN
        && first != null
        && inner.list().stream().anyMatch(it -> it.point().position().equals(first))) {
      return inner.open(first);
    }
    opened = position;
    return inner.open(position);
  }

  @Override
  public Receiving receive(Snapshot wanted) {
    return inner.receive(wanted);
  }

  @Override
  public void retain(int count) {
    inner.retain(count);
  }
}
