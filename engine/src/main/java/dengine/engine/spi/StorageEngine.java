package dengine.engine.spi;

/// Everything a node keeps on disk: its log, its snapshots and its identity.
public interface StorageEngine extends AutoCloseable {

  /// The log. The same object each time.
  LogStore log();

  /// The snapshots. The same object each time.
  SnapshotStore snapshots();

  /// The identity.
  MetaStore meta();

  /// Bytes that are needed for nothing any more and still take space, which is being given back
  /// little by little; 0 for a storage that gives it back at once. Any thread, also after the end.
  default long disposalBytes() {
    return 0;
  }

  /// Closes the log and releases the data directory's lock.
  @Override
  void close() throws StorageException;
}
