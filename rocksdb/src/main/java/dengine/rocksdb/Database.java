package dengine.rocksdb;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/// One open database. It is closed when the last of those who hold it lets go, and deleted then if
/// it was given up for another one.
///
/// Written by one thread, read by any number of them.
final class Database {

  private static final Logger LOGGER = System.getLogger(Database.class.getName());
  private static final int OPEN_FILES = 512;
  private static final long LOG_BYTES = 1 << 20;
  private static final int FILTER_BITS = 10;

  final Path path;
  final RocksDB db;
  private final Options options;
  private final Cache cache;
  private final BloomFilter filter;
  private final WriteOptions writing;
  private final AtomicInteger holders = new AtomicInteger(1);
  private volatile boolean givenUp;

  private Database(Path path, RocksOptions wanted) throws RocksDBException {
    this.path = path;
    cache = new LRUCache(wanted.blockCacheBytes());
    filter = new BloomFilter(FILTER_BITS);
    options = options(wanted);
    // The engine's log is the log: what is lost here is applied again from there.
    writing = new WriteOptions().setDisableWAL(true);
    try {
      db = RocksDB.open(options, path.toString());
    } catch (RocksDBException | RuntimeException e) {
      closeOptions();
      throw e;
    }
  }

  /// Opens a database, or makes one; the caller holds it.
  static Database open(Path path, RocksOptions options) {
    try {
      RocksDB.loadLibrary();
      return new Database(path, options);
    } catch (RocksDBException e) {
      throw Failures.of("opening the database", path, e);
    } catch (UnsatisfiedLinkError | RuntimeException e) {
      throw new StorageException.IoFailure(
          "loading RocksDB's native library",
          Path.of(System.getProperty("java.io.tmpdir", "")),
          new IOException(
              e.getMessage()
                  + "; programs must be allowed there: if they are not, set -Djava.io.tmpdir to"
                  + " another directory",
              e));
    }
  }

  private Options options(RocksOptions wanted) {
    BlockBasedTableConfig table =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setFilterPolicy(filter)
            // Otherwise they would take memory beside the cache, without a bound.
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true);
    return new Options()
        .setCreateIfMissing(true)
        .setWriteBufferSize(wanted.writeBufferBytes())
        .setMaxWriteBufferNumber(3)
        .setTableFormatConfig(table)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setMaxOpenFiles(OPEN_FILES)
        .setBytesPerSync(1 << 20)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(LOG_BYTES)
        .setKeepLogFileNum(2)
        // Trying again in the background would make writes wait, for ever if need be.
        .setMaxBgErrorResumeCount(0)
        // Asked for where it is wanted: a database that is given up need not be complete.
        .setAvoidFlushDuringShutdown(true);
  }

  /// Holds the database, for as long as somebody who calls this holds it already.
  void hold() {
    holders.incrementAndGet();
  }

  /// Lets go of the database.
  void release() {
    if (holders.decrementAndGet() == 0) {
      close();
    }
  }

  /// Has it deleted when the last holder lets go; the caller is one, and does.
  void giveUp() {
    givenUp = true;
    release();
  }

  byte @Nullable [] get(byte[] key) {
    try {
      return db.get(key);
    } catch (RocksDBException e) {
      throw Failures.of("reading", path, e);
    }
  }

  /// Reads the first bytes of a value.
  ///
  /// @return the size of the whole value; -1 if there is none
  int get(byte[] key, byte[] beginning) {
    try {
      return db.get(key, beginning);
    } catch (RocksDBException e) {
      throw Failures.of("reading", path, e);
    }
  }

  /// Writes all of it or nothing.
  void write(WriteBatch batch) {
    try {
      db.write(writing, batch);
    } catch (RocksDBException e) {
      throw Failures.of("writing", path, e);
    }
  }

  /// Waits until all that was written is durable.
  void flush() {
    try (FlushOptions waiting = new FlushOptions().setWaitForFlush(true)) {
      db.flush(waiting);
    } catch (RocksDBException e) {
      throw Failures.of("writing files", path, e);
    }
  }

  /// A figure that RocksDB keeps.
  long property(String name) {
    try {
      return db.getLongProperty(name);
    } catch (RocksDBException e) {
      throw Failures.of("reading " + name, path, e);
    }
  }

  /// Throws what ended an iteration, if anything but the end did.
  void check(RocksIterator iterator) {
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw Failures.of("reading", path, e);
    }
  }

  private void close() {
    try {
      db.closeE();
    } catch (RocksDBException e) {
      LOGGER.log(Level.WARNING, "event=close_failed database=" + path, e);
    } finally {
      closeOptions();
    }
    if (givenUp) {
      try {
        StateDirectory.delete(path);
      } catch (IOException e) {
        // The next start tries again.
        LOGGER.log(Level.WARNING, "event=delete_failed database=" + path, e);
      }
    }
  }

  private void closeOptions() {
    options.close();
    filter.close();
    cache.close();
    if (writing != null) {
      writing.close();
    }
  }
}
