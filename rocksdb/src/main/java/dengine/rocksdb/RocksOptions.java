package dengine.rocksdb;

import dengine.kv.Limits;
import java.nio.file.Path;

/// How a [RocksStore] is set up: `RocksOptions.of(directory)`, then `with…` what differs.
///
/// @param directory of this store alone; made if it does not exist. Not the log's: what is here can
///     be built again from snapshot and log
/// @param blockCacheBytes memory for what was read from files, indexes included, at least 1 MiB
/// @param writeBufferBytes memory for what is not in files yet, 64 KiB to 2 GiB; up to three times
///     this while files are written. The larger it is, the longer a node that was killed applies
///     its log again
/// @param limits bound the answers of reads
public record RocksOptions(
    Path directory, long blockCacheBytes, long writeBufferBytes, Limits limits) {

  static final long LEAST_CACHE = 1L << 20;
  static final long LEAST_BUFFER = 64L << 10;
  static final long MOST_BUFFER = 2L << 30;

  public RocksOptions {
    inRange("blockCacheBytes", blockCacheBytes, LEAST_CACHE, Long.MAX_VALUE);
    inRange("writeBufferBytes", writeBufferBytes, LEAST_BUFFER, MOST_BUFFER);
  }

  /// A cache of 256 MiB, write buffers of 64 MiB, [Limits#DEFAULT].
  public static RocksOptions of(Path directory) {
    return new RocksOptions(directory, 256L << 20, 64L << 20, Limits.DEFAULT);
  }

  /// The same with another size of the cache.
  public RocksOptions withBlockCacheBytes(long bytes) {
    return new RocksOptions(directory, bytes, writeBufferBytes, limits);
  }

  /// The same with another size of the write buffers.
  public RocksOptions withWriteBufferBytes(long bytes) {
    return new RocksOptions(directory, blockCacheBytes, bytes, limits);
  }

  /// The same with other limits of requests.
  public RocksOptions withLimits(Limits other) {
    return new RocksOptions(directory, blockCacheBytes, writeBufferBytes, other);
  }

  private static void inRange(String field, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          field + " = " + value + ", permitted: " + least + " to " + most);
    }
  }
}
