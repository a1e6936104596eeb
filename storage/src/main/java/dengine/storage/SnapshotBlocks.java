package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What follows the header of a snapshot's file: blocks `crc:4 length:4 bytes`, of 1 to 65536 bytes
/// each, then the end `crc:4 zero:4 streamBytes:8 fileBytes:8 digest:32`. Each checksum covers all
/// that follows it in its block, and is bound to the file's seed and to its place. The digest is
/// the SHA-256 of all bytes before the end: CRC32C finds what rots, but two different files could
/// well have the same.
///
/// Verifies each block before it gives out any byte of it, and the whole before it says that the
/// end is reached. Belongs to one thread.
final class SnapshotBlocks extends InputStream {

  /// The end of a file.
  ///
  /// @param streamBytes bytes that the state machine wrote
  /// @param fileBytes bytes of the file
  /// @param digest SHA-256 of everything before the end
  record End(long streamBytes, long fileBytes, byte[] digest) {

    /// The end as stored; its checksum is still missing.
    ByteBuffer encode() {
      ByteBuffer bytes = ByteBuffer.allocate(END_BYTES);
      return bytes.putLong(0).putLong(streamBytes).putLong(fileBytes).put(digest).flip();
    }

    static End decode(ByteBuffer source) {
      byte[] digest = new byte[DIGEST_BYTES];
      source.get(24, digest);
      return new End(source.getLong(8), source.getLong(16), digest);
    }

    /// What tells this file from another one of the same position.
    long fingerprint() {
      return ByteBuffer.wrap(digest).getLong();
    }
  }

  /// Bytes of a block before its content.
  static final int OVERHEAD_BYTES = 8;

  /// Bytes of content in all blocks but the last.
  static final int BLOCK_BYTES = 64 << 10;

  static final int END_BYTES = 56;

  private static final int DIGEST_BYTES = 32;

  private final Disk.File file;
  private final Path path;
  private final long seed;
  private final Checksum checksum = new Checksum();
  private final MessageDigest digest = sha256();
  private final ByteBuffer block;
  private long offset;
  private long streamBytes;
  private @Nullable End end;

  /// @param file with a header that verifies
  SnapshotBlocks(Disk.File file, Path path, SnapshotHeader header) throws IOException {
    this.file = file;
    this.path = path;
    this.seed = header.seed();
    long most = Math.max(END_BYTES, Math.min(OVERHEAD_BYTES + BLOCK_BYTES, file.size()));
    this.block = ByteBuffer.allocate((int) most).limit(0);
    byte[] bytes = header.encode();
    digest.update(bytes);
    offset = bytes.length;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// Reads the end of a file without what is before it.
  ///
  /// @throws StorageException.Corrupt when the file does not end with one
  static End readEnd(Disk.File file, Path path, SnapshotHeader header) throws IOException {
    long at = file.size() - END_BYTES;
    ByteBuffer bytes = ByteBuffer.allocate(END_BYTES);
    if (at >= header.encode().length) {
      file.read(bytes, at);
    }
    if (bytes.hasRemaining()
        || bytes.getInt(4) != 0
        || bytes.getInt(0) != new Checksum().of(header.seed(), at, bytes, 4, END_BYTES)
        || bytes.getLong(16) != file.size()) {
      throw new StorageException.Corrupt(
          path, Math.max(0, at), "the snapshot's end does not verify");
    }
    return End.decode(bytes);
  }

  /// Up to where the file verified so far.
  long verified() {
    return offset;
  }

  /// The end, once it was reached.
  End end() {
    return Objects.requireNonNull(end, "the end is not reached");
  }

  /// Goes on to the next block; false at the end.
  ///
  /// @throws StorageException.Corrupt when what follows is not what was written
  boolean next() throws IOException {
    if (end != null) {
      return false;
    }
    block.clear();
    int read = file.read(block, offset);
    int length = read < OVERHEAD_BYTES ? -1 : block.getInt(4);
    int total = length == 0 ? END_BYTES : OVERHEAD_BYTES + length;
    if (length < 0
        || length > BLOCK_BYTES
        || total > read
        || block.getInt(0) != checksum.of(seed, offset, block.clear(), 4, total)) {
      block.limit(0);
      throw corrupt("a block of the snapshot does not verify");
    }
    if (length == 0) {
      block.limit(0);
      finish(End.decode(block.duplicate().clear()));
      return false;
    }
    digest.update(block.array(), 0, total);
    block.limit(total).position(OVERHEAD_BYTES);
    offset += total;
    streamBytes += length;
    return true;
  }

  private void finish(End found) throws IOException {
    if (found.streamBytes != streamBytes
        || found.fileBytes != offset + END_BYTES
        || found.fileBytes != file.size()) {
      throw corrupt("the snapshot ends here, with " + streamBytes + " bytes, and says " + found);
    }
    if (!MessageDigest.isEqual(found.digest, digest.digest())) {
      throw corrupt("the digest of the whole snapshot does not verify");
    }
    offset = found.fileBytes;
    end = found;
  }

  private StorageException.Corrupt corrupt(String what) {
    return new StorageException.Corrupt(path, offset, what);
  }

  private boolean fill() {
    try {
      return block.hasRemaining() || next();
    } catch (IOException e) {
      throw Failures.of("read", path, 0, e);
    }
  }

  @Override
  public int read() {
    return fill() ? block.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int at, int length) {
    Objects.checkFromIndexSize(at, length, target.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, block.remaining());
    block.get(target, at, count);
    return count;
  }

  @Override
  public int available() {
    return block.remaining();
  }
}
