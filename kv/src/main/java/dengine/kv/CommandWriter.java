package dengine.kv;

import dengine.api.Bytes;

/// Lays out encoded commands; [CommandView] reads them back.
final class CommandWriter {

  static final int VALUE_LENGTH_BYTES = Integer.BYTES;
  private static final int HEADER_BYTES = 2 + Short.BYTES;

  private CommandWriter() {}

  /// Length of header, key and time to live.
  static int lengthOf(Bytes key, long ttlMillis) {
    return HEADER_BYTES + key.length() + (ttlMillis == 0 ? 0 : Long.BYTES);
  }

  /// Writes header, key and time to live; returns where to go on.
  static int start(byte[] target, byte kind, Bytes key, long ttlMillis) {
    int length = key.length();
    if (length == 0 || length > Limits.LONGEST_KEY) {
      // A length that does not fit its two bytes would come back as another key.
      throw new IllegalArgumentException(
          "key bytes = " + length + ", permitted: 1 to " + Limits.LONGEST_KEY);
    }
    if (ttlMillis < 0 || ttlMillis > Limits.LONGEST_TTL_MILLIS) {
      throw new IllegalArgumentException(
          "ttl = " + ttlMillis + " ms, permitted: 0 to " + Limits.LONGEST_TTL_MILLIS);
    }
    target[0] = CommandView.VERSION;
    target[1] = ttlMillis == 0 ? kind : (byte) (kind | CommandView.WITH_TTL);
    CommandView.SHORT.set(target, 2, (short) length);
    int at = copy(target, HEADER_BYTES, key);
    if (ttlMillis != 0) {
      CommandView.LONG.set(target, at, ttlMillis);
      at += Long.BYTES;
    }
    return at;
  }

  /// Writes length and bytes of a value; returns where to go on.
  static int value(byte[] target, int at, Bytes value) {
    CommandView.INT.set(target, at, value.length());
    return copy(target, at + VALUE_LENGTH_BYTES, value);
  }

  private static int copy(byte[] target, int at, Bytes source) {
    System.arraycopy(source.unsafeArray(), 0, target, at, source.length());
    return at + source.length();
  }
}
