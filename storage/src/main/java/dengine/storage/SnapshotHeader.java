package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// The start of a snapshot's file: `magic:8 format:4 length:4 cluster:8 index:8 term:8 time:8
/// membershipIndex:8 created:8 membershipLength:4 membership crc:4`. Nothing in it says which node
/// wrote it: the file is sent to others as it is.
///
/// @param clusterId the cluster it belongs to
/// @param point where it was taken
/// @param createdMillis wall clock when it was taken
record SnapshotHeader(long clusterId, SnapshotPoint point, long createdMillis) {

  private static final long MAGIC = 0x64656e67736e6170L; // "dengsnap"
  private static final int FIXED_BYTES = 68;

  /// Far more than the largest membership takes.
  private static final int MAX_BYTES = 8 << 20;

  /// What the checksums of this file's blocks are bound to.
  long seed() {
    return Checksum.seed(
        clusterId,
        point.position().index(),
        point.position().term(),
        point.time(),
        point.membershipIndex(),
        createdMillis);
  }

  /// The header as stored.
  byte[] encode() {
    byte[] membership = point.membership().encode();
    int length = FIXED_BYTES + membership.length + Integer.BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(length);
    bytes.putLong(MAGIC).putInt(SegmentHeader.FORMAT).putInt(length).putLong(clusterId);
    bytes.putLong(point.position().index()).putLong(point.position().term());
    bytes.putLong(point.time()).putLong(point.membershipIndex()).putLong(createdMillis);
    bytes.putInt(membership.length).put(membership);
    bytes.putInt(new Checksum().of(MAGIC, 0, bytes, 0, length - Integer.BYTES));
    return bytes.array();
  }

  /// Reads the header of a file, the bytes of which [#encode] gives again.
  ///
  /// @throws StorageException.Corrupt when the file does not start with a header
  /// @throws StorageException.ForeignFormat when another version wrote it
  static SnapshotHeader read(Disk.File file, Path path) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(FIXED_BYTES);
    file.read(bytes, 0);
    int length = bytes.getInt(12);
    if (bytes.hasRemaining()
        || bytes.getLong(0) != MAGIC
        || length < FIXED_BYTES + Integer.BYTES
        || length > Math.min(MAX_BYTES, file.size())) {
      throw corrupt(path, "does not verify");
    }
    bytes = ByteBuffer.allocate(length);
    file.read(bytes, 0);
    int checked = length - Integer.BYTES;
    if (bytes.hasRemaining()
        || bytes.getInt(checked) != new Checksum().of(MAGIC, 0, bytes, 0, checked)) {
      throw corrupt(path, "does not verify");
    }
    int format = bytes.getInt(8);
    if (format != SegmentHeader.FORMAT) {
      throw new StorageException.ForeignFormat(path, "" + format, "" + SegmentHeader.FORMAT);
    }
    if (bytes.getInt(FIXED_BYTES - Integer.BYTES) != checked - FIXED_BYTES) {
      throw corrupt(path, "holds nonsense: the membership's length is wrong");
    }
    try {
      return decode(bytes, checked);
    } catch (IllegalArgumentException e) {
      throw corrupt(path, "holds nonsense: " + e.getMessage());
    }
  }

  private static SnapshotHeader decode(ByteBuffer bytes, int end) {
    byte[] membership = new byte[end - FIXED_BYTES];
    bytes.get(FIXED_BYTES, membership);
    SnapshotPoint point =
        new SnapshotPoint(
            new Position(bytes.getLong(24), bytes.getLong(32)),
            bytes.getLong(40),
            Membership.decode(membership),
            bytes.getLong(48));
    return new SnapshotHeader(bytes.getLong(16), point, bytes.getLong(56));
  }

  private static StorageException.Corrupt corrupt(Path path, String what) {
    return new StorageException.Corrupt(path, 0, "the snapshot's header " + what);
  }
}
