package dengine.engine.spi;

import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/// The snapshots of one node. A snapshot exists from the moment it has its final name, durably,
/// with all that is in it (rule C5); what a crash leaves before that is deleted or gone on with,
/// never taken for a snapshot.
///
/// Called by several threads of a node at the same time: one takes snapshots, one sends and fetches
/// them, both retain the newest; one installs; any may ask which there are. What a method returns
/// is used by one thread at a time. Failures are [StorageException]s and final only for what was
/// being done: a node without room for a snapshot goes on without one.
public interface SnapshotStore {

  /// A finished snapshot.
  ///
  /// @param point where it was taken
  /// @param bytes length of its file
  /// @param fingerprint of its contents; two files with the same position and fingerprint are the
  ///     same
  /// @param createdMillis wall clock when it was taken, for operators and for the policy by age
  record Snapshot(SnapshotPoint point, long bytes, long fingerprint, long createdMillis) {}

  /// All snapshots, oldest first.
  List<Snapshot> list();

  /// The newest snapshot.
  default Optional<Snapshot> latest() {
    List<Snapshot> all = list();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  /// Begins a snapshot under a temporary name.
  ///
  /// @throws StorageException when the disk refuses
  Writing create(SnapshotPoint point) throws StorageException;

  /// Opens a snapshot's file, checked as far as that can be done without reading all of it.
  ///
  /// @throws StorageException when there is none, or it is damaged
  Reading open(Position position) throws StorageException;

  /// Begins to receive a snapshot, or goes on with what is there of it. What is there of another
  /// one is deleted.
  ///
  /// @param wanted what the sender offers
  /// @throws StorageException.DiskFull when there is no room for it: nothing was written
  Receiving receive(Snapshot wanted) throws StorageException;

  /// Deletes all but the newest ones. One that is open stays readable until it is closed.
  ///
  /// @param count how many to keep, at least 1
  void retain(int count) throws StorageException;

  /// A snapshot in the making.
  interface Writing extends AutoCloseable {

    /// Where the state machine writes. Buffered; checksums are added on the way.
    OutputStream stream();

    /// Makes it a snapshot: everything is synced, it gets its name, and that is synced.
    Snapshot finish() throws StorageException;

    /// Deletes it unless it is finished.
    @Override
    void close() throws StorageException;
  }

  /// An open snapshot.
  interface Reading extends AutoCloseable {

    Snapshot snapshot();

    /// Bytes of the file, as they are on disk.
    ///
    /// @param length most bytes; fewer come back at the end of the file only
    byte[] read(long offset, int length) throws StorageException;

    /// What the state machine wrote, from its beginning. Each block is verified before any byte of
    /// it is given out, the whole before the end is reported.
    ///
    /// @throws StorageException.Corrupt as an unchecked exception from `read`, naming file and
    ///     offset
    InputStream stream() throws IOException;

    @Override
    void close() throws StorageException;
  }

  /// A snapshot on its way here.
  interface Receiving extends AutoCloseable {

    /// Bytes that are there, from the beginning: where to go on. When [#receive] returns they are
    /// durable; of those that [#write] adds, a power cut may take back the last few MiB.
    long received();

    /// Takes the piece that follows.
    ///
    /// @param offset of the piece; must be [#received]
    void write(long offset, byte[] bytes) throws StorageException;

    /// Verifies all of it, and makes it a snapshot as [Writing#finish] does.
    ///
    /// @throws StorageException.Corrupt when it is not what was offered; it is deleted then
    Snapshot finish() throws StorageException;

    /// Keeps what is there, to go on later.
    @Override
    void close() throws StorageException;
  }
}
