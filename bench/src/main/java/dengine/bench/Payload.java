package dengine.bench;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.Random;

/// What is written and read: keys of 8 bytes, values of 256.
final class Payload {

  static final int KEY_BYTES = 8;
  static final int VALUE_BYTES = 256;

  /// A stored write: key, value and what frames them.
  static final int RECORD_BYTES = 296;

  static final Bytes VALUE = Bytes.wrap(random(VALUE_BYTES));

  private Payload() {}

  static Bytes[] keys(int number) {
    Bytes[] keys = new Bytes[number];
    for (int i = 0; i < number; i++) {
      // Spread over the key space: neighbours in time are no neighbours in any order.
      long spread = i * 0x9e3779b97f4a7c15L;
      keys[i] = Bytes.wrap(ByteBuffer.allocate(KEY_BYTES).putLong(spread).array());
    }
    return keys;
  }

  static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(7).nextBytes(bytes);
    return bytes;
  }
}
