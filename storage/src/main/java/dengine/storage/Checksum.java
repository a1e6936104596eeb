package dengine.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// CRC32C over bytes and over what they must be bound to: bytes found in another place, or left
/// there by an earlier use of the file, then do not verify. Not for several threads at once.
final class Checksum {

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer binding = ByteBuffer.allocate(2 * Long.BYTES);

  /// A number that all checksums of a file are bound to: every bit of each part reaches every bit
  /// of it.
  static long seed(long first, long... parts) {
    long seed = first;
    for (long part : parts) {
      // The finalizer of SplitMix64.
      seed = (seed ^ part) + 0x9e3779b97f4a7c15L;
      seed = (seed ^ (seed >>> 30)) * 0xbf58476d1ce4e5b9L;
      seed = (seed ^ (seed >>> 27)) * 0x94d049bb133111ebL;
      seed ^= seed >>> 31;
    }
    return seed;
  }

  /// The checksum of `buffer` from `from` to `to`, bound to two numbers. Position and limit of the
  /// buffer stay as they are.
  int of(long first, long second, ByteBuffer buffer, int from, int to) {
    crc.reset();
    crc.update(binding.clear().putLong(first).putLong(second).flip());
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(to).position(from);
    crc.update(buffer);
    buffer.limit(limit).position(position);
    return (int) crc.getValue();
  }
}
