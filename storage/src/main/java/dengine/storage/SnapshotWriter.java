package dengine.storage;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Objects;

/// A snapshot being written under a temporary name. What was written is synced in small steps: a
/// sync of much holds up the log's, which waits for it. Belongs to one thread.
final class SnapshotWriter implements SnapshotStore.Writing {

  /// How much is written between two syncs, in bytes. Where one takes long, it is more: it would
  /// take the snapshot as long as the log otherwise, which it must keep up with.
  static final int SYNC_STEP_BYTES = 256 << 10;

  private static final int LARGEST_STEP_BYTES = 4 << 20;
  private static final long LONG_SYNC_NANOS = 3_000_000;

  /// Gives a file that is durable its name.
  interface Finishing {
    Snapshot finish(Path temporary, Snapshot snapshot);
  }

  private final Disk disk;
  private final Path path;
  private final Disk.File file;
  private final SnapshotHeader header;
  private final Room room;
  private final Finishing finishing;
  private final Checksum checksum = new Checksum();
  private final MessageDigest digest = SnapshotBlocks.sha256();
  private final ByteBuffer block =
      ByteBuffer.allocate(SnapshotBlocks.OVERHEAD_BYTES + SnapshotBlocks.BLOCK_BYTES);
  private final OutputStream stream = new Stream();
  private long offset;
  private final boolean adapts;
  private int step = SYNC_STEP_BYTES;
  private long synced;
  private long streamBytes;
  private boolean failed;
  private boolean finished;
  private boolean closed;

  private SnapshotWriter(
      Disk disk,
      Path path,
      Disk.File file,
      SnapshotHeader header,
      Room room,
      boolean adapts,
      Finishing finishing) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.header = header;
    this.room = room;
    this.adapts = adapts;
    this.finishing = finishing;
  }

  /// Begins a file.
  ///
  /// @param adapts whether the time that syncs take decides how many there are; a simulation, which
  ///     wants the same calls each time, says no
  static SnapshotWriter begin(
      Disk disk, Path path, SnapshotHeader header, Room room, boolean adapts, Finishing finishing) {
    room.require(path, SYNC_STEP_BYTES);
    try {
      SnapshotWriter writer =
          new SnapshotWriter(disk, path, disk.create(path), header, room, adapts, finishing);
      try {
        writer.write(ByteBuffer.wrap(header.encode()));
      } catch (RuntimeException e) {
        writer.abandon();
        throw e;
      }
      return writer;
    } catch (IOException e) {
      throw Failures.of("create", path, 0, e);
    }
  }

  @Override
  public OutputStream stream() {
    return stream;
  }

  @Override
  public Snapshot finish() {
    requireUsable();
    if (block.position() > SnapshotBlocks.OVERHEAD_BYTES) {
      writeBlock();
    }
    SnapshotBlocks.End end =
        new SnapshotBlocks.End(streamBytes, offset + SnapshotBlocks.END_BYTES, digest.digest());
    ByteBuffer bytes = end.encode();
    bytes.putInt(0, checksum.of(header.seed(), offset, bytes, 4, bytes.limit()));
    writeBytes(bytes);
    force(Disk.File.Extent.ALL);
    Snapshot snapshot = finishing.finish(path, SnapshotFile.described(header, end));
    finished = true;
    return snapshot;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      file.close();
      if (!finished) {
        disk.delete(path);
      }
    } catch (IOException e) {
      throw Failures.of("delete", path, 0, e);
    }
  }

  private void requireUsable() {
    if (failed || finished || closed) {
      throw new IllegalStateException("the snapshot " + path + " is finished, failed or closed");
    }
  }

  private void writeBlock() {
    int end = block.position();
    block.putInt(4, end - SnapshotBlocks.OVERHEAD_BYTES);
    block.putInt(0, checksum.of(header.seed(), offset, block, 4, end));
    streamBytes += end - SnapshotBlocks.OVERHEAD_BYTES;
    write(block.flip());
    block.clear().position(SnapshotBlocks.OVERHEAD_BYTES);
    if (offset - synced >= step) {
      long start = System.nanoTime();
      force(Disk.File.Extent.DATA);
      adapt(System.nanoTime() - start);
      requireRoom();
    }
  }

  private void adapt(long syncNanos) {
    if (adapts) {
      int next = syncNanos > LONG_SYNC_NANOS ? 2 * step : step / 2;
      step = Math.clamp(next, SYNC_STEP_BYTES, LARGEST_STEP_BYTES);
    }
  }

  /// For what is written up to the next sync.
  private void requireRoom() {
    try {
      room.require(path, step);
    } catch (StorageException e) {
      failed = true;
      throw e;
    }
  }

  private void write(ByteBuffer bytes) {
    digest.update(bytes.duplicate());
    writeBytes(bytes);
  }

  private void writeBytes(ByteBuffer bytes) {
    int length = bytes.remaining();
    try {
      file.write(bytes, offset);
    } catch (IOException e) {
      failed = true;
      throw Failures.of("write", path, length, e);
    }
    offset += length;
  }

  private void force(Disk.File.Extent extent) {
    try {
      file.force(extent);
    } catch (IOException e) {
      failed = true;
      throw Failures.of("sync", path, 0, e);
    }
    synced = offset;
  }

  private void abandon() {
    try {
      close();
    } catch (StorageException e) {
      // The failure that led here is the one to report; the rest is deleted at the next start.
    }
  }

  private final class Stream extends OutputStream {
    Stream() {
      block.position(SnapshotBlocks.OVERHEAD_BYTES);
    }

    @Override
    public void write(int b) {
      requireUsable();
      block.put((byte) b);
      if (!block.hasRemaining()) {
        writeBlock();
      }
    }

    @Override
    public void write(byte[] source, int from, int length) {
      Objects.checkFromIndexSize(from, length, source.length);
      requireUsable();
      int done = 0;
      while (done < length) {
        int count = Math.min(length - done, block.remaining());
        block.put(source, from + done, count);
        done += count;
        if (!block.hasRemaining()) {
          writeBlock();
        }
      }
    }
  }
}
