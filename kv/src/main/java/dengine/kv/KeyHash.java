package dengine.kv;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Hashes keys: multiply and fold, 8 bytes a step, in the manner of wyhash. Where a key lies in the
/// hash index is nobody's business but this node's, so the seed may differ from node to node and
/// nobody outside can choose keys that collide.
final class KeyHash {

  private static final long FIRST = 0xa0761d6478bd642fL;
  private static final long SECOND = 0xe7037ed1a0b428dbL;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private KeyHash() {}

  static long of(long seed, byte[] key, int offset, int length) {
    long hash = seed ^ FIRST;
    int at = offset;
    int left = length;
    while (left > 8) {
      hash = fold((long) LONG.get(key, at) ^ SECOND, hash);
      at += 8;
      left -= 8;
    }
    return fold(fold(tail(key, at, left) ^ SECOND, hash), length ^ FIRST);
  }

  /// The last 0 to 8 bytes.
  private static long tail(byte[] key, int at, int left) {
    if (left == 8) {
      return (long) LONG.get(key, at);
    }
    if (left >= 4) {
      return ((int) INT.get(key, at) & 0xffffffffL) << 32
          | ((int) INT.get(key, at + left - 4) & 0xffffffffL);
    }
    long tail = 0;
    for (int i = 0; i < left; i++) {
      tail = (tail << 8) | (key[at + i] & 0xff);
    }
    return tail;
  }

  private static long fold(long a, long b) {
    return (a * b) ^ Math.unsignedMultiplyHigh(a, b);
  }
}
