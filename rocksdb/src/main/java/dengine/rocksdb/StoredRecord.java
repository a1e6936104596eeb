package dengine.rocksdb;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// How records lie in the database: the key behind a byte 1, the value behind
///
/// ```
/// flags 1 byte, 0    create revision 8    mod revision 8    version 8
/// ```
///
/// all integers big-endian. The key that is a byte 0 holds what [Applied] says.
final class StoredRecord {

  static final int HEADER_BYTES = 1 + 8 + 8 + 8;

  /// First byte of the keys of records; the byte below is that of [Applied#KEY].
  static final byte RECORD = 1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private StoredRecord() {}

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
  static byte[] value(byte[] content, int at, int length, long create, long mod, long version) {
    byte[] stored = new byte[HEADER_BYTES + length];
    LONG.set(stored, 1, create);
    LONG.set(stored, 9, mod);
    LONG.set(stored, 17, version);
    System.arraycopy(content, at, stored, HEADER_BYTES, length);
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

  /// The bytes of the value alone.
  static byte[] content(byte[] stored) {
    byte[] content = new byte[stored.length - HEADER_BYTES];
    System.arraycopy(stored, HEADER_BYTES, content, 0, content.length);
    return content;
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
    if (stored[at] != 0) {
      throw Failures.damaged(where, "unknown flags " + (stored[at] & 0xff) + " of a record");
    }
  }
}
