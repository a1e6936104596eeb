package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.kv.PageBuilder;
import dengine.kv.StateDigest;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;

/// A database as it was after a batch. What is published is held by the store; readers hold it for
/// as long as they read, and views for as long as they are open. Gone when the last one lets go.
final class Moment {

  /// Bytes to read ahead when everything is read.
  private static final long READ_AHEAD = 1 << 20;

  private static final int LONGEST_KEY = 1 << 16;

  /// Takes records in ascending order of keys.
  @FunctionalInterface
  interface Sink {

    /// Takes the next record.
    ///
    /// @param content holds the key at `at`, and the value right behind it
    /// @param deadline cluster time at which it goes, 0 for never
    void add(
        byte[] content,
        int at,
        int keyLength,
        int valueLength,
        long create,
        long mod,
        long version,
        long deadline)
        throws IOException;
  }

  final Applied applied;
  final Database database;
  private final Snapshot snapshot;
  private final ReadOptions reading;
  private final AtomicInteger holders = new AtomicInteger(1);

  /// The database as it is now; the caller holds both.
  Moment(Database database, Applied applied) {
    this.database = database;
    this.applied = applied;
    database.hold();
    snapshot = database.db.getSnapshot();
    reading = new ReadOptions().setSnapshot(snapshot);
  }

  /// Holds the moment.
  ///
  /// @return false if it is gone: then a later one was published
  boolean hold() {
    for (; ; ) {
      int now = holders.get();
      if (now == 0) {
        return false;
      }
      if (holders.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /// Lets go of the moment.
  void release() {
    if (holders.decrementAndGet() == 0) {
      reading.close();
      database.db.releaseSnapshot(snapshot);
      database.release();
    }
  }

  /// What is stored for a key, checked; null if there is nothing, or its time has come.
  byte @Nullable [] get(Bytes key) {
    byte[] stored;
    try {
      stored = database.db.get(reading, StoredRecord.key(key));
    } catch (RocksDBException e) {
      throw Failures.of("reading", database.path, e);
    }
    if (stored == null) {
      return null;
    }
    StoredRecord.check(stored, 0, stored.length, database.path);
    return StoredRecord.hasGone(stored, 0, applied.time()) ? null : stored;
  }

  /// The record of a key.
  Optional<KeyValue> find(Bytes key) {
    byte[] stored = get(key);
    return stored == null ? Optional.empty() : Optional.of(StoredRecord.keyValue(key, stored));
  }

  /// Fills a page with what belongs there.
  Page scan(PageBuilder page) {
    try (RocksIterator records = database.db.newIterator(reading)) {
      records.seek(StoredRecord.key(page.from()));
      while (records.isValid() && takes(page, records)) {
        records.next();
      }
      database.check(records);
    }
    return page.page(applied.revision());
  }

  /// Adds an entry to a page unless its time has come; false if it does not belong there.
  private boolean takes(PageBuilder page, RocksIterator records) {
    byte[] stored = records.key();
    if (!StoredRecord.isKey(stored)) {
      return false;
    }
    Bytes key = Bytes.wrap(Arrays.copyOfRange(stored, 1, stored.length));
    if (!key.startsWith(page.prefix())) {
      return false;
    }
    byte[] value = records.value();
    StoredRecord.check(value, 0, value.length, database.path);
    if (StoredRecord.hasGone(value, 0, applied.time())) {
      return page.goesOnAfter(key);
    }
    if (!page.hasRoom(key, value.length - StoredRecord.headerBytes(value, 0))) {
      return false;
    }
    page.add(StoredRecord.keyValue(key, value));
    return true;
  }

  /// Reads all records, without displacing in the cache what others read.
  void forEach(Sink sink) throws IOException {
    byte[] buffer = new byte[LONGEST_KEY + StoredRecord.LONGEST_HEADER];
    try (ReadOptions all = new ReadOptions()) {
      all.setSnapshot(snapshot).setFillCache(false).setReadaheadSize(READ_AHEAD);
      try (RocksIterator records = database.db.newIterator(all)) {
        records.seek(new byte[] {StoredRecord.RECORD});
        while (records.isValid() && StoredRecord.isKey(records.key())) {
          buffer = add(records, buffer, sink);
          records.next();
        }
        database.check(records);
      }
    }
  }

  /// Digest of all records.
  long stateHash() {
    StateDigest digest = new StateDigest();
    try {
      forEach(digest::add);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible); // a digest writes nothing
    }
    return digest.value();
  }

  private byte[] add(RocksIterator records, byte[] buffer, Sink sink) throws IOException {
    byte[] room = buffer;
    int size = records.value(room, LONGEST_KEY, room.length - LONGEST_KEY);
    if (size > room.length - LONGEST_KEY) {
      room = Arrays.copyOf(room, LONGEST_KEY + size);
      records.value(room, LONGEST_KEY, size);
    }
    StoredRecord.check(room, LONGEST_KEY, size, database.path);
    long create = StoredRecord.create(room, LONGEST_KEY);
    long mod = StoredRecord.mod(room, LONGEST_KEY);
    long version = StoredRecord.version(room, LONGEST_KEY);
    long deadline = StoredRecord.deadline(room, LONGEST_KEY);
    int header = StoredRecord.headerBytes(room, LONGEST_KEY);
    byte[] key = records.key();
    int keyLength = key.length - 1;
    // Over the header, which has been read, so that the key ends where the value begins.
    int at = LONGEST_KEY + header - keyLength;
    System.arraycopy(key, 1, room, at, keyLength);
    sink.add(room, at, keyLength, size - header, create, mod, version, deadline);
    return room;
  }
}
