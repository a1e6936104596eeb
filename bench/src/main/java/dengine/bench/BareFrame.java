package dengine.bench;

import dengine.api.Bytes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// What the bare data path writes to disks and sockets: `length:4 crc:4 sequence:8 count:4`,
/// then records of `key, value` with their lengths. A frame without records asks only for its
/// acknowledgement.
final class BareFrame {

  static final int HEADER_BYTES = 20;
  private static final int CRC_FROM = 8;

  private BareFrame() {}

  static void encode(long sequence, List<BareRequest> writes, ByteBuffer target) {
    target.clear().position(HEADER_BYTES);
    for (BareRequest write : writes) {
      put(target, write.key);
      put(target, write.value);
    }
    target.flip();
    target.putInt(0, target.limit());
    target.putLong(8, sequence).putInt(16, writes.size());
    target.putInt(4, crc(target, 0, target.limit()));
  }

  /// Whether these bytes are what was sent.
  static boolean verifies(ByteBuffer source, int at, int length) {
    return source.getInt(at + 4) == crc(source, at, length);
  }

  static long sequence(ByteBuffer source, int at) {
    return source.getLong(at + 8);
  }

  /// Puts the records of a frame into a map.
  static void apply(ByteBuffer source, int at, Map<Bytes, byte[]> map) {
    int count = source.getInt(at + 16);
    ByteBuffer records = source.duplicate();
    records.limit(at + source.getInt(at)).position(at + HEADER_BYTES);
    for (int i = 0; i < count; i++) {
      Bytes key = Bytes.wrap(take(records));
      map.put(key, take(records));
    }
  }

  static int size(BareRequest write) {
    return 2 * Integer.BYTES + write.key.length() + write.value.length();
  }

  private static byte[] take(ByteBuffer source) {
    byte[] bytes = new byte[source.getInt()];
    source.get(bytes);
    return bytes;
  }

  private static void put(ByteBuffer target, Bytes bytes) {
    target.putInt(bytes.length()).put(bytes.unsafeArray());
  }

  private static int crc(ByteBuffer source, int at, int length) {
    CRC32C crc = new CRC32C();
    crc.update(source.duplicate().limit(at + length).position(at + CRC_FROM));
    return (int) crc.getValue();
  }
}
