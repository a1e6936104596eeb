package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// How a record, one version of a key, lies in a [Slab]:
///
/// ```
///  0  previous version   8   its address, or 0
///  8  create revision    8   0 in a tombstone
/// 16  version            8   0 in a tombstone
/// 24  slot               4   the key's place in [Slots]
/// 28  value length       4
/// 32  mod revision       8   of the write that made this version
/// 40  key length         2
/// 42  flags              2   bit 0: tombstone; bit 1: a deadline follows at the end
/// 44  key, value, then up to 7 bytes up to a multiple of 8
///     deadline           8   cluster time; only with bit 1
/// ```
///
/// What every read looks at, from value length to key, is close together: usually in one cache
/// line.
///
/// A record never changes once its address is in a slot.
final class Layout {

  static final int HEADER_BYTES = 44;

  private static final int PREVIOUS = 0;
  private static final int CREATE = 8;
  private static final int VERSION = 16;
  private static final int SLOT = 24;
  private static final int VALUE_LENGTH = 28;
  private static final int MOD = 32;
  private static final int KEY_LENGTH = 40;
  private static final int FLAGS = 42;
  private static final short TOMBSTONE = 1;
  private static final short MORTAL = 2;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private Layout() {}

  /// Bytes a record with such a key and value takes.
  ///
  /// @param mortal whether it has a deadline
  static int size(int keyLength, int valueLength, boolean mortal) {
    return deadlineAt(keyLength, valueLength) + (mortal ? Long.BYTES : 0);
  }

  /// Bytes the record at this place takes.
  static int size(byte[] slab, int at) {
    return size(keyLength(slab, at), valueLength(slab, at), isMortal(slab, at));
  }

  private static int deadlineAt(int keyLength, int valueLength) {
    return (HEADER_BYTES + keyLength + valueLength + 7) & ~7;
  }

  static void writeRevisions(
      byte[] slab, int at, long mod, long previous, long create, long version) {
    LONG.set(slab, at + MOD, mod);
    LONG.set(slab, at + PREVIOUS, previous);
    LONG.set(slab, at + CREATE, create);
    LONG.set(slab, at + VERSION, version);
  }

  /// Writes slot, key and value as the command has them, or a tombstone: no value.
  static void writeContent(byte[] slab, int at, int slot, boolean tombstone, CommandView command) {
    int keyLength = command.keyLength;
    int valueLength = tombstone ? 0 : command.valueLength;
    INT.set(slab, at + SLOT, slot);
    SHORT.set(slab, at + KEY_LENGTH, (short) keyLength);
    boolean mortal = !tombstone && command.deadline != 0;
    SHORT.set(slab, at + FLAGS, tombstone ? TOMBSTONE : mortal ? MORTAL : (short) 0);
    INT.set(slab, at + VALUE_LENGTH, valueLength);
    int keyAt = at + HEADER_BYTES;
    System.arraycopy(command.bytes, command.keyAt, slab, keyAt, keyLength);
    System.arraycopy(command.bytes, command.valueAt, slab, keyAt + keyLength, valueLength);
    if (mortal) {
      LONG.set(slab, at + deadlineAt(keyLength, valueLength), command.deadline);
    }
  }

  static long mod(byte[] slab, int at) {
    return (long) LONG.get(slab, at + MOD);
  }

  static long previous(byte[] slab, int at) {
    return (long) LONG.get(slab, at + PREVIOUS);
  }

  static long create(byte[] slab, int at) {
    return (long) LONG.get(slab, at + CREATE);
  }

  static long version(byte[] slab, int at) {
    return (long) LONG.get(slab, at + VERSION);
  }

  static int slot(byte[] slab, int at) {
    return (int) INT.get(slab, at + SLOT);
  }

  static int keyLength(byte[] slab, int at) {
    return (short) SHORT.get(slab, at + KEY_LENGTH) & 0xffff;
  }

  static int valueLength(byte[] slab, int at) {
    return (int) INT.get(slab, at + VALUE_LENGTH);
  }

  static boolean isTombstone(byte[] slab, int at) {
    return ((short) SHORT.get(slab, at + FLAGS) & TOMBSTONE) != 0;
  }

  private static boolean isMortal(byte[] slab, int at) {
    return ((short) SHORT.get(slab, at + FLAGS) & MORTAL) != 0;
  }

  /// Cluster time at which the record goes; 0 for never.
  static long deadline(byte[] slab, int at) {
    return isMortal(slab, at)
        ? (long) LONG.get(slab, at + deadlineAt(keyLength(slab, at), valueLength(slab, at)))
        : 0;
  }

  /// Whether the record has a deadline, and it has come.
  static boolean hasGone(byte[] slab, int at, long time) {
    return isMortal(slab, at) && deadline(slab, at) <= time;
  }

  /// Whether the record's key is `key[offset, offset + length)`.
  static boolean hasKey(byte[] slab, int at, byte[] key, int offset, int length) {
    int keyAt = at + HEADER_BYTES;
    return keyLength(slab, at) == length
        && Arrays.equals(slab, keyAt, keyAt + length, key, offset, offset + length);
  }

  /// Whether the record's key begins with `prefix`.
  static boolean startsWith(byte[] slab, int at, byte[] prefix) {
    int keyAt = at + HEADER_BYTES;
    return keyLength(slab, at) >= prefix.length
        && Arrays.equals(slab, keyAt, keyAt + prefix.length, prefix, 0, prefix.length);
  }

  /// Compares the record's key with `key[offset, offset + length)`, as unsigned bytes.
  static int compareKey(byte[] slab, int at, byte[] key, int offset, int length) {
    int keyAt = at + HEADER_BYTES;
    return Arrays.compareUnsigned(
        slab, keyAt, keyAt + keyLength(slab, at), key, offset, offset + length);
  }

  /// Whether the record's value is `value[offset, offset + length)`.
  static boolean hasValue(byte[] slab, int at, byte[] value, int offset, int length) {
    int valueAt = valueAt(slab, at);
    return valueLength(slab, at) == length
        && Arrays.equals(slab, valueAt, valueAt + length, value, offset, offset + length);
  }

  /// A copy of the key.
  static byte[] key(byte[] slab, int at) {
    int keyAt = at + HEADER_BYTES;
    return Arrays.copyOfRange(slab, keyAt, keyAt + keyLength(slab, at));
  }

  /// A copy of the value.
  static byte[] value(byte[] slab, int at) {
    // Not copyOfRange: it may give more than it copies, and so has to clear the new array first.
    byte[] value = new byte[valueLength(slab, at)];
    System.arraycopy(slab, valueAt(slab, at), value, 0, value.length);
    return value;
  }

  /// The record with copies of its bytes, except the key, which the caller has already.
  static KeyValue keyValue(Bytes key, byte[] slab, int at) {
    return new KeyValue(
        key, Bytes.wrap(value(slab, at)), create(slab, at), mod(slab, at), version(slab, at));
  }

  private static int valueAt(byte[] slab, int at) {
    return at + HEADER_BYTES + keyLength(slab, at);
  }
}
