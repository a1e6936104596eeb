package dengine.testkit.simulation;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Position;
import java.util.List;

/// A log around a log, and the rest of the storage as it is.
abstract class LogAround implements StorageEngine, LogStore {

  private final StorageEngine engine;

  /// What is around.
  final LogStore inner;

  LogAround(StorageEngine engine) {
    this.engine = engine;
    this.inner = engine.log();
  }

  @Override
  public LogStore log() {
    return this;
  }

  @Override
  public SnapshotStore snapshots() {
    return engine.snapshots();
  }

  @Override
  public MetaStore meta() {
    return engine.meta();
  }

  @Override
  public Recovered recovered() {
    return inner.recovered();
  }

  @Override
  public void append(List<Effect.Persist> changes) {
    inner.append(changes);
  }

  @Override
  public void force() {
    inner.force();
  }

  @Override
  public List<Entry> read(long from, long upTo, long maxBytes) {
    return inner.read(from, upTo, maxBytes);
  }

  @Override
  public void compact(Position upTo) {
    inner.compact(upTo);
  }

  @Override
  public void close() {
    engine.close();
  }
}
