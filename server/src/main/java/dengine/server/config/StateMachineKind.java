package dengine.server.config;

/// Where a node keeps the keys and values that it has applied.
public enum StateMachineKind {

  /// In memory. A restart reads the newest snapshot and applies the log behind it.
  MEMORY,

  /// In files below the data directory, by RocksDB: for more data than fits into memory.
  ROCKSDB
}
