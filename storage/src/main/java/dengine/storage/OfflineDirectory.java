package dengine.storage;

import dengine.engine.spi.LogStore.Recovered;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import dengine.raft.Entry;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A data directory as tools look at it while no node uses it: nothing is repaired, removed or
/// written. All checksums of the log are verified when it is opened.
///
/// While it is open no node can be started on it, unless the directory cannot be written to. One
/// thread at a time.
public final class OfflineDirectory implements AutoCloseable {

  /// What is in a directory.
  ///
  /// @param owner whose it is
  /// @param incarnation the random number it was set up with
  /// @param founders the members the cluster was founded with, if the node was there
  /// @param recovered the log as a node would find it
  /// @param files of the log, oldest first
  /// @param cut what a node would take away from the log's end
  /// @param snapshots oldest first, without those that are damaged at first sight
  /// @param damaged those, newest first: what they held is in the others and the log, as far as
  ///     that reaches
  public record Inspection(
      Identity owner,
      long incarnation,
      Optional<Membership> founders,
      Recovered recovered,
      List<LogFile> files,
      Optional<CutTail> cut,
      List<Snapshot> snapshots,
      List<DamagedSnapshot> damaged) {}

  /// A file of the log.
  ///
  /// @param bytes its size
  /// @param after the end of the log when the file was begun
  public record LogFile(Path path, long number, long bytes, Position after) {}

  private final Disk disk;
  private final Path directory;
  private final Optional<Closeable> lock;
  private final IdentityFile identity;
  private final EntryReader reader;
  private final Recovery.Result log;
  private final FileSnapshotStore snapshots;

  private OfflineDirectory(
      Disk disk,
      Path directory,
      Optional<Closeable> lock,
      IdentityFile identity,
      EntryReader reader,
      Recovery.Result log,
      FileSnapshotStore snapshots) {
    this.disk = disk;
    this.directory = directory;
    this.lock = lock;
    this.identity = identity;
    this.reader = reader;
    this.log = log;
    this.snapshots = snapshots;
  }

  /// Opens a directory.
  ///
  /// @throws StorageException when it is in use, damaged, or none of this version
  public static OfflineDirectory open(Disk disk, Path directory) {
    Optional<Closeable> lock = Optional.empty();
    try {
      List<Path> found = disk.list(directory);
      lock = lock(disk, directory, found);
      return open(disk, directory, found, lock);
    } catch (IOException e) {
      lock.ifPresent(Failures::closeAfter);
      throw Failures.of("open", directory, 0, e);
    } catch (RuntimeException e) {
      lock.ifPresent(Failures::closeAfter);
      throw e;
    }
  }

  private static OfflineDirectory open(
      Disk disk, Path directory, List<Path> found, Optional<Closeable> lock) {
    if (!found.contains(directory.resolve(IdentityFile.NAME))) {
      Fence.refuse(disk, directory, found);
    }
    IdentityFile identity = IdentityFile.read(disk, directory);
    StorageOptions options = StorageOptions.DEFAULT.withDisk(disk);
    FileSnapshotStore snapshots =
        FileSnapshotStore.open(
            directory, identity.owner(), options, new Disposal(directory, options), found);
    List<Path> files = FileStorageEngine.logFiles(found);
    FileStorageEngine.requireLog(directory, files);
    EntryReader reader = new EntryReader();
    Recovery.Result log =
        new Recovery(disk, directory, identity.owner(), Recovery.Mode.LOOK, reader).run(files);
    OfflineDirectory opened =
        new OfflineDirectory(disk, directory, lock, identity, reader, log, snapshots);
    try {
      RecoveredLog shape = opened.inspect().recovered().log();
      if (!snapshots.damaged().isEmpty() && !FileStorageEngine.isCovered(shape, snapshots.list())) {
        throw snapshots.damaged().getFirst().damage();
      }
      FileStorageEngine.requireCovered(directory, shape, snapshots.list());
    } catch (StorageException e) {
      reader.close(log.log().index().segments());
      throw e;
    }
    return opened;
  }

  /// A directory without the file that is locked was never used by a node here: a copy.
  private static Optional<Closeable> lock(Disk disk, Path directory, List<Path> found) {
    Path file = directory.resolve(FileStorageEngine.LOCK);
    if (!found.contains(file)) {
      return Optional.empty();
    }
    Optional<Closeable> lock;
    try {
      lock = disk.lock(file);
    } catch (IOException e) {
      return Optional.empty(); // not ours to write to, so no node of ours uses it
    }
    if (lock.isEmpty()) {
      throw new StorageException.Locked(directory);
    }
    return lock;
  }

  /// What is in it.
  public Inspection inspect() {
    LogShape shape = log.log().shape();
    List<LogFile> files = new ArrayList<>();
    for (Segment segment : log.log().index().segments()) {
      SegmentHeader header = segment.header();
      files.add(
          new LogFile(segment.path(), header.number(), header.capacity(), header.start().last()));
    }
    return new Inspection(
        identity.owner(),
        identity.incarnation(),
        identity.founders(),
        new Recovered(
            shape.repairedHardState(), shape.log(log.lastTime()), log.log().memberships()),
        List.copyOf(files),
        log.cut(),
        snapshots.list(),
        snapshots.damaged());
  }

  /// Entries of the log, see [dengine.engine.spi.LogStore#read].
  ///
  /// @throws StorageException.OutOfRange when `from` is not in the log
  public List<Entry> read(long from, long upTo, long maxBytes) {
    return reader.read(log.log().index(), from, upTo, maxBytes);
  }

  /// Verifies the snapshots, all of them and as a whole; the log was verified when the directory
  /// was opened.
  ///
  /// @throws StorageException.Corrupt when one is not what was written
  public void verify() {
    for (Path path : FileSnapshotStore.finishedFirst(listed())) {
      try (SnapshotFile file = SnapshotFile.open(disk, path)) {
        file.verify();
      }
    }
  }

  /// Makes sure that this directory can be given up for another one.
  ///
  /// @throws StorageException.CannotBeFenced if it cannot
  void requireFenceable() {
    if (lock.isEmpty() && listed().contains(directory.resolve(FileStorageEngine.LOCK))) {
      throw new StorageException.CannotBeFenced(
          directory, "its " + FileStorageEngine.LOCK + " cannot be opened for writing");
    }
    Fence.requirePossible(disk, directory);
  }

  /// The newest snapshot that is intact as a whole, if what is newer and damaged is in the log as
  /// well.
  ///
  /// @throws StorageException.Corrupt when something was only in a damaged one
  Optional<SnapshotFile> newestIntact() {
    RecoveredLog shape = inspect().recovered().log();
    List<Snapshot> left = new ArrayList<>(snapshots.list());
    List<DamagedSnapshot> damaged = new ArrayList<>(snapshots.damaged());
    @Nullable SnapshotFile intact = null;
    while (intact == null && !left.isEmpty()) {
      Position position = left.getLast().point().position();
      SnapshotFile file =
          SnapshotFile.open(disk, directory.resolve(SnapshotNames.finished(position)));
      try {
        file.verify();
        intact = file;
      } catch (StorageException.Corrupt e) {
        file.close();
        damaged.add(new DamagedSnapshot(position, e));
        left.removeLast();
      }
    }
    for (DamagedSnapshot one : damaged) {
      if (one.isNewerThanAll(left) && !one.isDispensable(shape, left)) {
        if (intact != null) {
          intact.close();
        }
        throw one.damage();
      }
    }
    return Optional.ofNullable(intact);
  }

  private List<Path> listed() {
    try {
      return disk.list(directory);
    } catch (IOException e) {
      throw Failures.of("list", directory, 0, e);
    }
  }

  @Override
  public void close() {
    try {
      reader.close(log.log().index().segments());
    } finally {
      lock.ifPresent(Failures::closeAfter);
    }
  }
}
