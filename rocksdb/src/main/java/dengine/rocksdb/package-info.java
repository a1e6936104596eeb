/// The key-value state machine on RocksDB, for more data than fits into memory.
@org.jspecify.annotations.NullMarked
package dengine.rocksdb;
