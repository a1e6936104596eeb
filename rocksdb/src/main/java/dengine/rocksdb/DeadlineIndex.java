package dengine.rocksdb;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.rocksdb.RocksIterator;

/// Which keys go when: for every record with a deadline the database has a key as well that is a
/// byte 2, the deadline and the record's key, with nothing stored under it. Written together with
/// the record, so the two never disagree.
final class DeadlineIndex {

  static final byte[] NOTHING = {};

  /// First byte of its keys; above that of records.
  private static final byte DEADLINE = 2;

  private static final int KEY_AT = 1 + Long.BYTES;

  private DeadlineIndex() {}

  static byte[] key(long deadline, Bytes key) {
    return key(deadline, key.unsafeArray(), key.length());
  }

  static byte[] key(long deadline, byte[] key, int length) {
    return ByteBuffer.allocate(KEY_AT + length)
        .put(DEADLINE)
        .putLong(deadline)
        .put(key, 0, length)
        .array();
  }

  /// The earliest deadline from this time on; [Long#MAX_VALUE] if there is none. What came before
  /// need not be stepped over, though it was deleted only just now.
  static long first(Database database, long from) {
    try (RocksIterator entries = database.db.newIterator()) {
      entries.seek(key(from, NOTHING, 0));
      boolean found = entries.isValid();
      long deadline = found ? deadline(entries.key()) : Long.MAX_VALUE;
      database.check(entries);
      return deadline;
    }
  }

  /// Tells of every key that goes from one time to another, both included.
  static void forEach(Database database, long from, long upTo, BiConsumer<Bytes, Long> action) {
    try (RocksIterator entries = database.db.newIterator()) {
      for (entries.seek(key(from, NOTHING, 0)); entries.isValid(); entries.next()) {
        byte[] entry = entries.key();
        long deadline = deadline(entry);
        if (deadline > upTo) {
          break;
        }
        byte[] key = new byte[entry.length - KEY_AT];
        System.arraycopy(entry, KEY_AT, key, 0, key.length);
        action.accept(Bytes.wrap(key), deadline);
      }
      database.check(entries);
    }
  }

  private static long deadline(byte[] entry) {
    return ByteBuffer.wrap(entry, 1, Long.BYTES).getLong();
  }
}
