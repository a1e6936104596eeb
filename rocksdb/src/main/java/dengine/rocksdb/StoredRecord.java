package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/// How records lie in the database: the key behind a byte 1, the value behind
///
/// ```
/// flags 1 byte    create revision 8    mod revision 8    version 8    [deadline 8]
/// ```
///
/// all integers big-endian. Bit 0 of the flags says that there is a deadline, which is in
/// [DeadlineIndex] too. The key that is a byte 0 holds what [Applied] says.
final class StoredRecord {

  /// Without a deadline.
  static final int HEADER_BYTES = 1 + 8 + 8 + 8;

  static final int LONGEST_HEADER = HEADER_BYTES + Long.BYTES;

  /// First byte of the keys of records; the byte below is that of [Applied#KEY].
  static final byte RECORD = 1;

  private static final byte MORTAL = 1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private StoredRecord() {}

  /// Whether this is the database's key for a key.
  static boolean isKey(byte[] stored) {
    return stored[0] == RECORD;
  }

  /// The database's key for a key.
  static byte[] key(Bytes key) {
    byte[] stored = new byte[1 + key.length()];
    stored[0] = RECORD;
    System.arraycopy(key.unsafeArray(), 0, stored, 1, key.length());
    return stored;
  }

  /// The database's key for the first bytes of an array.
  static byte[] key(byte[] key, int length) {
    byte[] stored = new byte[1 + length];
    stored[0] = RECORD;
    System.arraycopy(key, 0, stored, 1, length);
    return stored;
  }

  /// The database's value for a record whose value is `content[at, at + length)`.
  ///
  /// @param deadline cluster time at which it goes, 0 for never
  static byte[] value(
      byte[] content, int at, int length, long create, long mod, long version, long deadline) {
    int header = deadline == 0 ? HEADER_BYTES : LONGEST_HEADER;
    byte[] stored = new byte[header + length];
    LONG.set(stored, 1, create);
    LONG.set(stored, 9, mod);
    LONG.set(stored, 17, version);
    if (deadline != 0) {
      stored[0] = MORTAL;
      LONG.set(stored, HEADER_BYTES, deadline);
    }
    System.arraycopy(content, at, stored, header, length);
    return stored;
  }

  static long create(byte[] stored, int at) {
    return (long) LONG.get(stored, at + 1);
  }

  static long mod(byte[] stored, int at) {
    return (long) LONG.get(stored, at + 9);
  }

  static long version(byte[] stored, int at) {
    return (long) LONG.get(stored, at + 17);
  }

  /// Cluster time at which the record goes, 0 for never.
  static long deadline(byte[] stored, int at) {
    return stored[at] == MORTAL ? (long) LONG.get(stored, at + HEADER_BYTES) : 0;
  }

  /// Whether the record has a deadline, and it has come.
  static boolean hasGone(byte[] stored, int at, long time) {
    return stored[at] == MORTAL && deadline(stored, at) <= time;
  }

  /// How many bytes come before the value.
  static int headerBytes(byte[] stored, int at) {
    return stored[at] == MORTAL ? LONGEST_HEADER : HEADER_BYTES;
  }

  /// The bytes of the value alone.
  static byte[] content(byte[] stored) {
    return Arrays.copyOfRange(stored, headerBytes(stored, 0), stored.length);
  }

  static KeyValue keyValue(Bytes key, byte[] stored) {
    return new KeyValue(
        key, Bytes.wrap(content(stored)), create(stored, 0), mod(stored, 0), version(stored, 0));
  }

  /// Refuses what no version of this program wrote, or a newer one.
  ///
  /// @param at where the header is
  /// @param size bytes that are stored
  static void check(byte[] stored, int at, int size, Path where) {
    if (size < HEADER_BYTES) {
      throw Failures.damaged(where, "a record of " + size + " bytes, at least " + HEADER_BYTES);
    }
    if ((stored[at] & ~MORTAL) != 0) {
      throw Failures.damaged(where, "unknown flags " + (stored[at] & 0xff) + " of a record");
    }
    if (size < headerBytes(stored, at)) {
      throw Failures.damaged(where, "a record of " + size + " bytes, at least " + LONGEST_HEADER);
    }
  }
}
