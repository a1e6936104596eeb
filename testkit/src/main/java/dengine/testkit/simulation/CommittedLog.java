package dengine.testkit.simulation;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Entry;
import dengine.raft.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What was applied at each index by whoever came first: everybody else must have the same entry
/// there, and every snapshot must be of it, whatever became of the logs since.
final class CommittedLog {

  private final Watch watch;
  private final Configurations configurations;
  private final List<Entry> entries = new ArrayList<>();

  CommittedLog(Watch watch, Configurations configurations) {
    this.watch = watch;
    this.configurations = configurations;
  }

  long lastIndex() {
    return entries.size();
  }

  Position last() {
    return entries.isEmpty() ? Position.ORIGIN : entries.getLast().position();
  }

  private Entry entry(long index) {
    return entries.get((int) index - 1);
  }

  /// A node has the state of `upTo`, and had that of `from` before.
  void applied(Machine node, long from, long upTo) {
    RememberedLog log = node.disk().log().orElseThrow();
    LogImage image = log.image();
    // A snapshot takes the place of a log that may be another one until it is written anew.
    long installed = log.snapshots().newest(upTo);
    watch.check(installed <= entries.size(), node, "it has a snapshot of what nobody applied");
    for (long index = Math.max(from, installed) + 1; index <= upTo; index++) {
      Optional<Entry> own = image.entry(index);
      if (index <= entries.size()) {
        Entry known = entry(index);
        watch.check(
            own.isEmpty() || own.get().equals(known),
            node,
            "at index " + index + " it applied " + own + ", another node " + known);
      } else {
        watch.check(
            own.isPresent(), node, "it has the state of " + upTo + ", which nobody applied");
        entries.add(own.orElseThrow());
        configurations.committed(node, own.orElseThrow());
      }
    }
  }

  /// A node has a snapshot, its own or a copy of another one's.
  void hasSnapshot(Machine node, SnapshotStore.Snapshot snapshot) {
    Position at = snapshot.point().position();
    watch.check(
        at.index() <= entries.size(),
        node,
        "it has a snapshot of " + at + ", which nobody applied");
    Entry there = entry(at.index());
    watch.check(
        there.position().equals(at) && there.time() == snapshot.point().time(),
        node,
        "it has a snapshot of " + snapshot.point() + " where others applied " + there);
    configurations.snapshotHas(node, snapshot.point());
  }
}
