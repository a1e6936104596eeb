package dengine.storage;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/// A snapshot in a file of its own, wherever that is: in a data directory, or a backup.
///
/// Opening it verifies its header and its end; [#stream] and [#verify] verify everything. Nothing
/// is changed. Any thread; a stream belongs to one.
public final class SnapshotFile implements SnapshotStore.Reading {

  private final Disk.File file;
  private final Path path;
  private final SnapshotHeader header;
  private final Snapshot snapshot;

  private SnapshotFile(Disk.File file, Path path, SnapshotHeader header, Snapshot snapshot) {
    this.file = file;
    this.path = path;
    this.header = header;
    this.snapshot = snapshot;
  }

  /// Opens a snapshot's file.
  ///
  /// @throws StorageException when there is none, another version wrote it, or it is damaged
  public static SnapshotFile open(Disk disk, Path path) {
    Disk.File file = null;
    try {
      file = disk.openToRead(path);
      SnapshotHeader header = SnapshotHeader.read(file, path);
      SnapshotBlocks.End end = end(file, path, header);
      return new SnapshotFile(file, path, header, described(header, end));
    } catch (IOException e) {
      Failures.closeAfter(file);
      throw Failures.of("open", path, 0, e);
    } catch (RuntimeException e) {
      Failures.closeAfter(file);
      throw e;
    }
  }

  /// Where the end is damaged, everything is read, to say where the damage begins.
  private static SnapshotBlocks.End end(Disk.File file, Path path, SnapshotHeader header)
      throws IOException {
    try {
      return SnapshotBlocks.readEnd(file, path, header);
    } catch (StorageException.Corrupt e) {
      verify(new SnapshotBlocks(file, path, header));
      throw e;
    }
  }

  static Snapshot described(SnapshotHeader header, SnapshotBlocks.End end) {
    return new Snapshot(header.point(), end.fileBytes(), end.fingerprint(), header.createdMillis());
  }

  /// The cluster it was taken in.
  public long clusterId() {
    return header.clusterId();
  }

  @Override
  public Snapshot snapshot() {
    return snapshot;
  }

  @Override
  public byte[] read(long offset, int length) {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException(length + " bytes from " + offset);
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.clamp(snapshot.bytes() - offset, 0, length));
    try {
      int read = file.read(bytes, offset);
      return read == bytes.capacity() ? bytes.array() : Arrays.copyOf(bytes.array(), read);
    } catch (IOException e) {
      throw Failures.of("read", path, 0, e);
    }
  }

  @Override
  public InputStream stream() throws IOException {
    return new SnapshotBlocks(file, path, header);
  }

  /// Reads all of it.
  ///
  /// @throws StorageException.Corrupt when it is not what was written
  public void verify() {
    try {
      verify(new SnapshotBlocks(file, path, header));
    } catch (IOException e) {
      throw Failures.of("read", path, 0, e);
    }
  }

  private static void verify(SnapshotBlocks blocks) throws IOException {
    while (blocks.next()) {
      // Verified, and not needed.
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw Failures.of("close", path, 0, e);
    }
  }
}
