package dengine.engine.spi;

/// Everything a node keeps on disk: its log, its snapshots and its identity.
public interface StorageEngine extends AutoCloseable {

  /// The log. The same object each time.
  LogStore log();

  /// The snapshots. The same object each time.
  SnapshotStore snapshots();

  /// The identity.
  MetaStore meta();

  /// Closes the log and releases the data directory's lock.
  @Override
  void close() throws StorageException;
}
