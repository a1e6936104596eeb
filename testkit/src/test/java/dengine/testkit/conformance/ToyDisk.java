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
  sealed interface Record {}

  record Established(Identity identity, long incarnation) implements Record {}

  record Founded(Membership founders) implements Record {}

  record Changed(Persist change) implements Record {}

  record Compacted(Position upTo) implements Record {}

  record Finished(Snapshot snapshot, byte[] state) implements Record {}

  record Retained(int count) implements Record {}

  record Arriving(Snapshot wanted, byte[] bytes) implements Record {}

  static final Path PATH = Path.of("toy");

  final List<Record> records = new ArrayList<>();
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

  void write(Record record) {
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
