package dengine.rocksdb;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
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

  /// The earliest deadline from this time on; [Long#MAX_VALUE] if there is none. What was deleted
  /// before that time need not be stepped over, which takes as long as if it was still there.
  static long first(Database database, long from) {
    try (RocksIterator entries = database.db.newIterator()) {
      entries.seek(key(from, NOTHING, 0));
      byte[] entry = entry(entries, database);
      long deadline = entry == null ? Long.MAX_VALUE : deadline(entry);
      database.check(entries);
      return deadline;
    }
  }

  /// Tells of every key that goes from one time to another, both included.
  static void forEach(Database database, long from, long upTo, BiConsumer<Bytes, Long> action) {
    try (RocksIterator entries = database.db.newIterator()) {
      entries.seek(key(from, NOTHING, 0));
      for (byte[] entry = entry(entries, database);
          entry != null && deadline(entry) <= upTo;
          entry = entry(entries, database)) {
        action.accept(Bytes.wrap(Arrays.copyOfRange(entry, KEY_AT, entry.length)), deadline(entry));
        entries.next();
      }
      database.check(entries);
    }
  }

  /// The entry that an iterator is at; null if there is none.
  private static byte @Nullable [] entry(RocksIterator entries, Database database) {
    byte[] entry = entries.isValid() ? entries.key() : NOTHING;
    if (entry.length == 0 || entry[0] != DEADLINE) {
      return null;
    }
    if (entry.length <= KEY_AT) {
      throw Failures.damaged(
          database.path,
          "a deadline's key of " + entry.length + " bytes, at least " + (KEY_AT + 1));
    }
    return entry;
  }

  private static long deadline(byte[] entry) {
    return ByteBuffer.wrap(entry, 1, Long.BYTES).getLong();
  }
}
