package dengine.kv;

import dengine.api.Bytes;

/// Lays out encoded commands; [CommandView] reads them back.
final class CommandWriter {

  static final int VALUE_LENGTH_BYTES = Integer.BYTES;
  private static final int HEADER_BYTES = 2 + Short.BYTES;

  private CommandWriter() {}

  /// Length of header and key.
  static int lengthOf(Bytes key) {
    return HEADER_BYTES + key.length();
  }

  /// Writes header and key; returns where to go on.
  static int start(byte[] target, byte kind, Bytes key) {
    int length = key.length();
    if (length == 0 || length > Limits.LONGEST_KEY) {
      // A length that does not fit its two bytes would come back as another key.
      throw new IllegalArgumentException(
          "key bytes = " + length + ", permitted: 1 to " + Limits.LONGEST_KEY);
    }
    target[0] = CommandView.VERSION;
    target[1] = kind;
    CommandView.SHORT.set(target, 2, (short) length);
    return copy(target, HEADER_BYTES, key);
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
