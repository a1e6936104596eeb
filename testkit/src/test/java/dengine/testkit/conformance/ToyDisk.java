package dengine.testkit.conformance;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Membership;
import dengine.raft.Position;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A disk that holds what happened, in order, and forgets what was not synced.
final class ToyDisk {

  /// What happened.
  sealed interface Happening {}

  record Established(Identity identity, long incarnation) implements Happening {}

  record Founded(Membership founders) implements Happening {}

  record Changed(Persist change) implements Happening {}

  record Compacted(Position upTo) implements Happening {}

  record Finished(Snapshot snapshot, byte[] state) implements Happening {}

  record Retained(int count) implements Happening {}

  record Arriving(Snapshot wanted, byte[] bytes) implements Happening {}

  static final Path PATH = Path.of("toy");

  final List<Happening> records = new ArrayList<>();
  int durable;
  int damaged = -1;
  boolean failsNext;
  boolean inUse;

  ToyDisk() {}

  ToyDisk copy(int length) {
    ToyDisk copy = new ToyDisk();
    copy.records.addAll(records.subList(0, length));
    copy.durable = length;
    return copy;
  }

  void write(Happening record) {
    maybeFail("write");
    records.add(record);
  }

  void sync() {
    maybeFail("sync");
    durable = records.size();
  }

  private void maybeFail(String what) {
    if (failsNext) {
      failsNext = false;
      throw new StorageException.IoFailure(what, PATH, new IOException("planted"));
    }
  }
}
