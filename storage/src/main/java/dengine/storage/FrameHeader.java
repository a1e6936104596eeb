package dengine.storage;

import java.nio.ByteBuffer;
import java.util.Optional;

/// The start of a frame: `magic:4 crc:4 bodyLength:4 bodyCrc:4 number:8 previous:4 synced:4 type:1
/// flags:1 zero:2 entries:4`. Its checksum covers all that follows it, the body's checksum
/// included, and is bound to the file's seed and to its place in the file. So a header can be
/// believed on its own, also when what is around it is damaged.
///
/// @param offset of the frame in its file
/// @param bodyLength bytes that follow the header
/// @param bodyCrc checksum of those
/// @param number of the frame in the log, without gaps; a mark has the number of the frame to come
/// @param previous checksum of the frame before: what chains frames
/// @param crc checksum of this header, and thereby of the whole frame
/// @param synced offset up to which this file was known to be durable when the frame was written
/// @param type what the frame is for
/// @param flags which optional parts the body has
/// @param entries in the body
record FrameHeader(
    int offset,
    int bodyLength,
    int bodyCrc,
    long number,
    int previous,
    int crc,
    int synced,
    byte type,
    byte flags,
    int entries) {

  static final int BYTES = 40;

  /// A change of the log.
  static final byte CHANGE = 1;

  /// Says what is durable, at the end of the log; the next change is written over it.
  static final byte MARK = 2;

  /// A mark that also says that the log goes on in another file, which is durable.
  static final byte SEAL = 3;

  /// The body starts with term and vote.
  static final byte HAS_HARD_STATE = 1;

  /// The body has an index to truncate from.
  static final byte HAS_TRUNCATION = 2;

  /// The body has a position and its cluster time, after which the log begins anew.
  static final byte HAS_RESET = 4;

  /// The body has the number of the first file that is still needed.
  static final byte HAS_RELEASE = 8;

  static final int MAGIC = 0xde46524d;

  private static final int CRC = 4;
  private static final int CHECKED = 8;

  /// Writes the header and gives back its checksum.
  static int encode(FrameHeader header, long seed, Checksum checksum, ByteBuffer target, int at) {
    target.putInt(at, MAGIC);
    target.putInt(at + 8, header.bodyLength).putInt(at + 12, header.bodyCrc);
    target.putLong(at + 16, header.number).putInt(at + 24, header.previous);
    target.putInt(at + 28, header.synced).put(at + 32, header.type).put(at + 33, header.flags);
    target.putShort(at + 34, (short) 0).putInt(at + 36, header.entries);
    int crc = checksum.of(seed, header.offset, target, at + CHECKED, at + BYTES);
    target.putInt(at + CRC, crc);
    return crc;
  }

  /// The header at `at`, or empty if none was written there.
  ///
  /// @param offset of it in the file
  static Optional<FrameHeader> decode(
      ByteBuffer source, int at, int offset, long seed, Checksum checksum) {
    if (source.getInt(at) != MAGIC) {
      return Optional.empty();
    }
    int crc = source.getInt(at + CRC);
    if (crc != checksum.of(seed, offset, source, at + CHECKED, at + BYTES)) {
      return Optional.empty();
    }
    return Optional.of(
        new FrameHeader(
            offset,
            source.getInt(at + 8),
            source.getInt(at + 12),
            source.getLong(at + 16),
            source.getInt(at + 24),
            crc,
            source.getInt(at + 28),
            source.get(at + 32),
            source.get(at + 33),
            source.getInt(at + 36)));
  }

  /// Where the frame ends in its file.
  int end() {
    return offset + BYTES + bodyLength;
  }
}
