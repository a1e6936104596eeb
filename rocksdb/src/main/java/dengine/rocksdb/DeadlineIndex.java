package dengine.rocksdb;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/// Which keys go when: for every record with a deadline the database has an entry as well, under a
/// byte 2, the deadline and the record's revision, and the record's key is stored there. So they
/// are in the order in which keys go. Written together with the record, so the two never disagree.
final class DeadlineIndex {

  static final byte[] NOTHING = {};

  /// First byte of its keys; above that of records.
  private static final byte DEADLINE = 2;

  private static final int KEY_BYTES = 1 + 2 * Long.BYTES;

  /// When a key goes, among all others.
  ///
  /// @param deadline cluster time
  /// @param mod revision of its record, of which no other key has the same
  record Due(long deadline, long mod) implements Comparable<Due> {

    static final Due FIRST = new Due(0, 0);
    static final Due NEVER = new Due(Long.MAX_VALUE, Long.MAX_VALUE);

    @Override
    public int compareTo(Due other) {
      int order = Long.compare(deadline, other.deadline);
      return order != 0 ? order : Long.compare(mod, other.mod);
    }
  }

  /// A key that goes.
  record Mortal(Due due, Bytes key) {}

  private DeadlineIndex() {}

  static byte[] key(Due due) {
    return ByteBuffer.allocate(KEY_BYTES)
        .put(DEADLINE)
        .putLong(due.deadline())
        .putLong(due.mod())
        .array();
  }

  /// What goes first from there on; [Due#NEVER] if nothing does. What was deleted before need not
  /// be stepped over, which takes as long as if it was still there.
  static Due first(Database database, Due from) {
    try (Cursor cursor = new Cursor(database, from)) {
      Mortal first = cursor.current();
      return first == null ? Due.NEVER : first.due();
    }
  }

  /// Goes through the keys in the order in which they go, as they are in the database when it is
  /// made. For one thread.
  static final class Cursor implements AutoCloseable {

    private final Database database;
    private final RocksIterator entries;
    private @Nullable Mortal current;

    Cursor(Database database, Due from) {
      this.database = database;
      this.entries = database.db.newIterator();
      entries.seek(key(from));
      current = read();
    }

    /// The key it is at; null behind the last one.
    @Nullable Mortal current() {
      return current;
    }

    void next() {
      entries.next();
      current = read();
    }

    private @Nullable Mortal read() {
      byte[] entry = entries.isValid() ? entries.key() : NOTHING;
      if (entry.length == 0 || entry[0] != DEADLINE) {
        database.check(entries);
        return null;
      }
      if (entry.length != KEY_BYTES) {
        throw Failures.damaged(
            database.path,
            "a deadline's key of " + entry.length + " bytes, " + KEY_BYTES + " is right");
      }
      ByteBuffer due = ByteBuffer.wrap(entry, 1, KEY_BYTES - 1);
      return new Mortal(new Due(due.getLong(), due.getLong()), Bytes.wrap(entries.value()));
    }

    @Override
    public void close() {
      entries.close();
    }
  }
}
