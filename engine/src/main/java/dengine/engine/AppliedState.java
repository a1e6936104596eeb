package dengine.engine;

import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.util.List;
import java.util.Optional;

/// How far the state machine has come, and what else a snapshot of it must say. Owned by whoever
/// applies.
final class AppliedState {

  private final SnapshotOptions options;
  private final AppliedBytes bytes;
  private Position position;
  private long time;
  private Membership membership;
  private long membershipIndex;

  /// @param position of the last entry that was applied; [Position#ORIGIN] if there is none
  /// @param time its cluster time
  /// @param membership the last configuration at or before it
  /// @param membershipIndex where that stands in the log
  /// @param base index right before the log's first entry
  AppliedState(
      Position position,
      long time,
      Membership membership,
      long membershipIndex,
      long base,
      SnapshotOptions options) {
    this.position = position;
    this.time = time;
    this.membership = membership;
    this.membershipIndex = membershipIndex;
    this.options = options;
    this.bytes = new AppliedBytes(options.retainedLogBytes(), base, position.index());
  }

  long index() {
    return position.index();
  }

  /// Cluster time of the last one.
  long time() {
    return time;
  }

  /// Bytes of entries applied by this process.
  long totalBytes() {
    return bytes.total();
  }

  /// These were applied.
  void advance(List<Entry> entries) {
    long size = 0;
    for (Entry entry : entries) {
      size += entry.size();
      if (entry.kind() == Entry.Kind.MEMBERSHIP) {
        membership = Membership.decode(entry.payload());
        membershipIndex = entry.index();
      }
    }
    Entry last = entries.getLast();
    position = last.position();
    time = last.time();
    bytes.add(last.index(), size);
  }

  /// The state machine got the state of a snapshot.
  void install(SnapshotPoint point) {
    position = point.position();
    time = point.time();
    membership = point.membership();
    membershipIndex = point.membershipIndex();
    bytes.restart(position.index());
  }

  /// The cluster was founded with these, anew or after a backup was restored.
  void found(Membership founders) {
    if (membershipIndex == 0) {
      membership = founders;
    }
  }

  /// Where a snapshot would be taken now; empty while there is nothing in it, or no configuration
  /// for it: a node that is joining knows none before it has applied the one that names it.
  Optional<SnapshotPoint> point() {
    if (position.index() == 0 || membership.equals(Membership.NONE)) {
      return Optional.empty();
    }
    return Optional.of(new SnapshotPoint(position, time, membership, membershipIndex));
  }

  /// The first entry the log keeps beside a snapshot of now.
  long keepFrom() {
    long end = position.index() + 1;
    long byEntries = end - Math.min(end - 1, options.retainedLogEntries());
    return Math.max(byEntries, bytes.firstWithinLimit());
  }
}
