package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.HardState;
import dengine.raft.Position;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// The first bytes of a log file. It is durable before the file gets its name, and before it exists
/// everything in the file before it is durable: so it also vouches for that file's end.
///
/// @param owner whose log this is
/// @param number of the file, from 1, without gaps
/// @param capacity bytes in the file; it never changes
/// @param seed what all checksums of this file are bound to; no two files of a node have the same
/// @param start the log at the start of this file
/// @param previousEnd where the frames of the file before this one end; 0 in the first
record SegmentHeader(
    Identity owner, long number, int capacity, long seed, Start start, int previousEnd) {

  /// The log at the start of a file.
  ///
  /// @param frame number of the first frame
  /// @param chain checksum of the frame before, 0 if there is none
  /// @param hardState term and vote
  /// @param last position of the last entry, where the log goes on from if all files before this
  ///     one are gone; where it began if it is empty
  /// @param lastTime cluster time there
  /// @param released number of the first file that must be there: those before it may be deleted
  record Start(
      long frame, int chain, HardState hardState, Position last, long lastTime, long released) {
    static final Start OF_LOG = new Start(1, 0, HardState.INITIAL, Position.ORIGIN, 0, 1);
  }

  static final int BYTES = 128;

  /// The format of the whole directory. A version must leave the place of magic, version and
  /// checksum as they are, so that every other version can name it.
  static final int FORMAT = 2;

  private static final long MAGIC = 0x64656e67696e6531L; // "dengine1"
  private static final int CRC = BYTES - Integer.BYTES;

  /// The header of the file that goes on after `start`.
  static SegmentHeader of(Identity owner, long number, int capacity, Start start, int previousEnd) {
    long seed =
        Checksum.seed(owner.clusterId(), owner.nodeId(), number, start.frame(), start.chain());
    return new SegmentHeader(owner, number, capacity, seed, start, previousEnd);
  }

  /// The header as stored: [#BYTES] bytes, from position to limit.
  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC).putInt(FORMAT).putInt(capacity);
    bytes.putLong(owner.clusterId()).putInt(owner.nodeId()).putInt(previousEnd);
    bytes.putLong(number).putLong(seed);
    bytes.putLong(start.frame).putInt(start.chain).putInt(start.hardState.vote());
    bytes.putLong(start.hardState.term());
    bytes.putLong(start.last.index()).putLong(start.last.term()).putLong(start.lastTime);
    bytes.putLong(start.released);
    bytes.putInt(CRC, new Checksum().of(MAGIC, 0, bytes, 0, CRC));
    return bytes.rewind();
  }

  /// Reads a header.
  ///
  /// @param file it comes from, for the message
  /// @param bytes at least [#BYTES] bytes from 0 on
  /// @throws StorageException.Corrupt when the bytes are not a header
  /// @throws StorageException.ForeignFormat when another version wrote it
  static SegmentHeader decode(Path file, ByteBuffer bytes) {
    if (bytes.limit() < BYTES
        || bytes.getLong(0) != MAGIC
        || bytes.getInt(CRC) != new Checksum().of(MAGIC, 0, bytes, 0, CRC)) {
      throw new StorageException.Corrupt(file, 0, "the file's header does not verify");
    }
    int format = bytes.getInt(8);
    if (format != FORMAT) {
      throw new StorageException.ForeignFormat(file, "" + format, "" + FORMAT);
    }
    try {
      return new SegmentHeader(
          new Identity(bytes.getLong(16), bytes.getInt(24)),
          bytes.getLong(32),
          bytes.getInt(12),
          bytes.getLong(40),
          new Start(
              bytes.getLong(48),
              bytes.getInt(56),
              new HardState(bytes.getLong(64), bytes.getInt(60)),
              new Position(bytes.getLong(72), bytes.getLong(80)),
              bytes.getLong(88),
              bytes.getLong(96)),
          bytes.getInt(28));
    } catch (IllegalArgumentException e) {
      throw new StorageException.Corrupt(file, 0, "the file's header holds nonsense: " + e);
    }
  }
}
