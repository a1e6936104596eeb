package dengine.storage;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A snapshot on its way here, in a file that outlives the node: what of it verifies when it is
/// opened again is written again and gone on with. After a failed write or sync nothing is known
/// about the file, so it is deleted, if the disk permits that. Belongs to one thread.
final class PartialSnapshot implements SnapshotStore.Receiving {

  /// How much arrives between two syncs, in bytes: more than in [SnapshotWriter], for nobody waits
  /// for a node that needs a snapshot.
  static final int SYNC_STEP_BYTES = 4 << 20;

  /// At a time.
  private static final int REWRITTEN_BYTES = 1 << 20;

  private final Disk disk;
  private final Path path;
  private final Disk.File file;
  private final Snapshot wanted;
  private final long clusterId;
  private final Room room;
  private final SnapshotWriter.Finishing finishing;
  private long received;
  private long synced;
  private boolean ended;

  private PartialSnapshot(
      Disk disk,
      Path path,
      Disk.File file,
      Snapshot wanted,
      long clusterId,
      Room room,
      SnapshotWriter.Finishing finishing) {
    this.disk = disk;
    this.path = path;
    this.file = file;
    this.wanted = wanted;
    this.clusterId = clusterId;
    this.room = room;
    this.finishing = finishing;
  }

  /// Begins a file, or goes on with the one that is there.
  ///
  /// @param exists whether it is there
  static PartialSnapshot open(
      Disk disk,
      Path path,
      boolean exists,
      Snapshot wanted,
      long clusterId,
      Room room,
      SnapshotWriter.Finishing finishing) {
    try {
      Disk.File file = exists ? disk.open(path) : disk.create(path);
      PartialSnapshot partial =
          new PartialSnapshot(disk, path, file, wanted, clusterId, room, finishing);
      try {
        if (exists) {
          partial.received = partial.verified();
          partial.rewrite();
          partial.force();
        }
      } catch (IOException | RuntimeException e) {
        Failures.closeAfter(file);
        throw e;
      }
      return partial;
    } catch (IOException e) {
      throw Failures.of("open", path, 0, e);
    }
  }

  /// How much from the beginning is there. A size says nothing: after a power cut a file may have
  /// got it without what was in it.
  private long verified() throws IOException {
    try {
      SnapshotHeader header = SnapshotHeader.read(file, path);
      if (!belongs(header)) {
        return 0;
      }
      SnapshotBlocks blocks = new SnapshotBlocks(file, path, header);
      try {
        while (blocks.next()) {
          // Counted.
        }
      } catch (StorageException.Corrupt e) {
        return blocks.verified();
      }
      return blocks.end().fingerprint() == wanted.fingerprint()
              && blocks.verified() == wanted.bytes()
          ? wanted.bytes()
          : 0;
    } catch (StorageException.Corrupt | StorageException.ForeignFormat e) {
      return 0; // not even the header is there
    }
  }

  /// Who wrote it may have failed to sync it and to delete it. The kernel then takes what it shows
  /// for written, and would sync nothing (rule S1).
  private void rewrite() throws IOException {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(received, REWRITTEN_BYTES));
    for (long at = 0; at < received; at += piece.limit()) {
      piece.clear().limit((int) Math.min(piece.capacity(), received - at));
      if (file.read(piece, at) < piece.limit()) {
        throw new IOException("the file became shorter while it was read");
      }
      file.write(piece.flip(), at);
    }
  }

  private boolean belongs(SnapshotHeader header) {
    return header.clusterId() == clusterId && header.point().equals(wanted.point());
  }

  @Override
  public long received() {
    return received;
  }

  @Override
  public void write(long offset, byte[] bytes) {
    requireOpen();
    if (offset != received || bytes.length > wanted.bytes() - received) {
      throw new IllegalArgumentException(
          "%d bytes from %d on, expected are those from %d to %d"
              .formatted(bytes.length, offset, received, wanted.bytes()));
    }
    try {
      file.write(ByteBuffer.wrap(bytes), offset);
    } catch (IOException e) {
      discard();
      throw Failures.of("write", path, bytes.length, e);
    }
    received += bytes.length;
    if (received - synced >= SYNC_STEP_BYTES) {
      force();
      // Others may have taken the room that there was; what is here stays, to go on later.
      room.require(path, wanted.bytes() - received);
    }
  }

  @Override
  public Snapshot finish() {
    requireOpen();
    if (received != wanted.bytes()) {
      throw new IllegalStateException(
          path + " has " + received + " of " + wanted.bytes() + " bytes");
    }
    force();
    Snapshot found;
    try {
      found = verifyAll();
    } catch (StorageException.Corrupt | StorageException.ForeignFormat e) {
      discard();
      throw e;
    }
    ended = true;
    Failures.closeAfter(file);
    return finishing.finish(path, found);
  }

  private Snapshot verifyAll() {
    try (SnapshotFile whole = SnapshotFile.open(disk, path)) {
      whole.verify();
      Snapshot found = whole.snapshot();
      if (whole.clusterId() != clusterId
          || !found.point().equals(wanted.point())
          || found.fingerprint() != wanted.fingerprint()) {
        throw new StorageException.Corrupt(
            path, 0, "received " + found + ", and " + wanted + " was offered");
      }
      return found;
    }
  }

  @Override
  public void close() {
    if (ended) {
      return;
    }
    try {
      force();
      ended = true;
      file.close();
    } catch (IOException e) {
      throw Failures.of("close", path, 0, e);
    }
  }

  private void requireOpen() {
    if (ended) {
      throw new IllegalStateException("the snapshot " + path + " is finished, failed or closed");
    }
  }

  private void force() {
    if (synced == received) {
      return;
    }
    try {
      file.force(Disk.File.Extent.ALL);
    } catch (IOException e) {
      discard();
      throw Failures.of("sync", path, 0, e);
    }
    synced = received;
  }

  private void discard() {
    ended = true;
    Failures.closeAfter(file);
    try {
      disk.delete(path);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }
}
