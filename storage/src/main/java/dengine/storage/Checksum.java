package dengine.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// CRC32C over bytes and over what they must be bound to: bytes found in another place, or left
/// there by an earlier use of the file, then do not verify. Not for several threads at once.
final class Checksum {

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer binding = ByteBuffer.allocate(2 * Long.BYTES);

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
