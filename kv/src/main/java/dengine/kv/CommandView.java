package dengine.kv;

import dengine.api.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An encoded command read where it lies: offsets into the bytes, no copies. One view is used for
/// one command after the other, by one thread.
final class CommandView {

  static final byte VERSION = 1;
  static final byte PUT = 1;
  static final byte DELETE = 2;
  static final byte SWAP_IF_ABSENT = 3;
  static final byte SWAP_IF_EQUAL = 4;

  /// Added to the kind of a command with a time to live.
  static final byte WITH_TTL = 0x40;

  static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final byte[] NOTHING = {};

  byte[] bytes = NOTHING;
  byte kind;
  int keyAt;
  int keyLength;
  int expectedAt;
  int expectedLength;
  int valueAt;
  int valueLength;

  /// Milliseconds; 0 for none.
  long ttl;

  /// Cluster time at which what is written goes, 0 for never. Whoever applies the command sets it.
  long deadline;

  /// Takes in an encoded command.
  ///
  /// @return what is wrong with it, or null; after a fault the view means nothing
  @Nullable String parse(byte[] encoded) {
    bytes = encoded;
    expectedAt = 0;
    expectedLength = 0;
    valueAt = 0;
    valueLength = 0;
    ttl = 0;
    deadline = 0;
    int length = encoded.length;
    if (length < 4) {
      return "a command has at least 5 bytes, this one " + length;
    }
    if (encoded[0] != VERSION) {
      return "format version " + (encoded[0] & 0xff) + " at byte 0, known: " + VERSION;
    }
    boolean hasTtl = (encoded[1] & WITH_TTL) != 0;
    kind = (byte) (encoded[1] & ~WITH_TTL);
    if (kind < PUT || kind > SWAP_IF_EQUAL || (hasTtl && kind == DELETE)) {
      return "unknown kind of command " + (encoded[1] & 0xff) + " at byte 1";
    }
    keyLength = (short) SHORT.get(encoded, 2) & 0xffff;
    keyAt = 4;
    if (keyLength == 0) {
      return "empty key at byte 2";
    }
    if (keyLength > length - keyAt) {
      return beyond("key", keyLength, 2);
    }
    return hasTtl ? timeToLive(keyAt + keyLength) : values(keyAt + keyLength);
  }

  private @Nullable String timeToLive(int at) {
    if (bytes.length - at < Long.BYTES) {
      return "cut off at byte " + at + ", before the time to live";
    }
    ttl = (long) LONG.get(bytes, at);
    if (ttl < 1 || ttl > Limits.LONGEST_TTL_MILLIS) {
      return "time to live of "
          + ttl
          + " ms at byte "
          + at
          + ", permitted: 1 to "
          + Limits.LONGEST_TTL_MILLIS;
    }
    return values(at + Long.BYTES);
  }

  private @Nullable String values(int start) {
    int at = start;
    if (kind == SWAP_IF_EQUAL) {
      if (bytes.length - at < Integer.BYTES) {
        return "cut off at byte " + at + ", before the expected value's length";
      }
      expectedLength = (int) INT.get(bytes, at);
      expectedAt = at + Integer.BYTES;
      if (expectedLength < 0 || expectedLength > bytes.length - expectedAt) {
        return beyond("expected value", expectedLength, at);
      }
      at = expectedAt + expectedLength;
    }
    if (kind != DELETE) {
      if (bytes.length - at < Integer.BYTES) {
        return "cut off at byte " + at + ", before the value's length";
      }
      valueLength = (int) INT.get(bytes, at);
      valueAt = at + Integer.BYTES;
      if (valueLength < 0 || valueLength > bytes.length - valueAt) {
        return beyond("value", valueLength, at);
      }
      at = valueAt + valueLength;
    }
    return at == bytes.length ? null : (bytes.length - at) + " bytes too many, from byte " + at;
  }

  /// Takes in a key and the value right behind it, as if they had come with a put.
  void hold(byte[] content, int keyBytes, int valueBytes, long until) {
    bytes = content;
    kind = PUT;
    keyAt = 0;
    keyLength = keyBytes;
    valueAt = keyBytes;
    valueLength = valueBytes;
    ttl = 0;
    deadline = until;
  }

  /// Takes in a key, as if it had come with a delete.
  void holdKey(byte[] content, int at, int keyBytes) {
    hold(content, keyBytes, 0, 0);
    kind = DELETE;
    keyAt = at;
  }

  private String beyond(String what, int claimed, int at) {
    return what
        + " of "
        + Integer.toUnsignedString(claimed)
        + " bytes claimed at byte "
        + at
        + " of "
        + bytes.length;
  }

  /// The command with bytes of its own.
  Command command() {
    Bytes key = copy(keyAt, keyLength);
    return switch (kind) {
      case PUT -> new Command.Put(key, copy(valueAt, valueLength), ttl);
      case DELETE -> new Command.Delete(key);
      case SWAP_IF_ABSENT ->
          new Command.CompareAndSwap(key, Optional.empty(), copy(valueAt, valueLength), ttl);
      case SWAP_IF_EQUAL ->
          new Command.CompareAndSwap(
              key, Optional.of(copy(expectedAt, expectedLength)), copy(valueAt, valueLength), ttl);
      default -> throw new IllegalStateException("parse() let kind " + kind + " pass");
    };
  }

  private Bytes copy(int at, int length) {
    return Bytes.wrap(Arrays.copyOfRange(bytes, at, at + length));
  }
}
