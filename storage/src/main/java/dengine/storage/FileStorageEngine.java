package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A node's data in the files of one directory: `LOCK`, `IDENTITY`, the log's files `log-….seg` and
/// the snapshots `snapshot-….snap`. Other files are left alone. `docs/storage.md` describes format
/// and recovery.
///
/// A directory is new until [MetaStore#establish] was called; before that nothing can be appended.
/// Opening and establishing may be done by any one thread; see [LogStore] for the log. No thread
/// that calls may be interrupted: an interrupt during a call closes the file, which is final for
/// the node.
public final class FileStorageEngine implements StorageEngine {

  private static final System.Logger LOGGER = System.getLogger("dengine.storage");
  static final String LOCK = "LOCK";

  private final Closeable lock;
  private final FileMetaStore meta;
  private final SegmentedLogStore log;
  private final FileSnapshotStore snapshots;
  private final Disposal disposal;
  private boolean closed;

  private FileStorageEngine(
      Closeable lock,
      FileMetaStore meta,
      SegmentedLogStore log,
      FileSnapshotStore snapshots,
      Disposal disposal) {
    this.lock = lock;
    this.disposal = disposal;
    this.meta = meta;
    this.log = log;
    this.snapshots = snapshots;
  }

  /// Opens a data directory, creating it if there is none, and recovers the log.
  ///
  /// @param directory for this node only
  /// @param expected whose data it must be
  /// @throws StorageException when the directory is in use, not writable, somebody else's, or
  ///     damaged
  public static FileStorageEngine open(Path directory, Identity expected, StorageOptions options) {
    FileStorageEngine engine = recover(directory, expected, options);
    engine
        .cut()
        .ifPresent(cut -> LOGGER.log(System.Logger.Level.WARNING, "recovery cut an {0}", cut));
    return engine;
  }

  /// Whose data a directory holds; empty if it is new. Looks at nothing else and changes nothing.
  ///
  /// @throws StorageException when what says so is damaged
  public static Optional<Identity> owner(Path directory, StorageOptions options) {
    Disk disk = options.disk();
    try {
      boolean there = disk.list(directory).contains(directory.resolve(IdentityFile.NAME));
      return there ? Optional.of(IdentityFile.read(disk, directory).owner()) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw Failures.of("opening the data directory", directory, 0, e);
    }
  }

  /// Opens without telling the operator.
  static FileStorageEngine recover(Path directory, Identity expected, StorageOptions options) {
    Disk disk = options.disk();
    Closeable lock = lock(disk, directory);
    try {
      List<Path> found = disk.list(directory);
      // Whose it is comes first: in a directory that is not ours, nothing may change.
      Optional<IdentityFile> identity =
          found.contains(directory.resolve(IdentityFile.NAME))
              ? Optional.of(ownIdentity(directory, expected, disk))
              : Optional.empty();
      List<Path> logFiles = logFiles(found);
      if (identity.isEmpty()) {
        Fence.refuse(disk, directory, found);
        refuseForeign(found, logFiles);
        refuseFilled(directory, expected, options, logFiles);
      }
      Disposal disposal = new Disposal(directory, options);
      FileSnapshotStore snapshots =
          FileSnapshotStore.open(directory, expected, options, disposal, found);
      if (identity.isPresent()) {
        requireLog(directory, logFiles);
        refuseDamaged(directory, expected, options, logFiles, snapshots);
      }
      deleteLeftovers(disk, found);
      disk.create(directory.resolve(Fence.PROBE)).close();
      disk.delete(directory.resolve(Fence.PROBE));
      if (identity.isEmpty() && !logFiles.isEmpty()) {
        disk.delete(logFiles.getFirst());
        disk.forceDirectory(directory);
      }
      SegmentedLogStore log =
          identity.isPresent()
              ? new SegmentedLogStore(directory, expected, options, disposal, logFiles)
              : new SegmentedLogStore(directory, expected, options, disposal);
      try {
        requireCovered(directory, log.recovered().log(), snapshots.list());
      } catch (StorageException e) {
        log.close();
        throw e;
      }
      FileMetaStore meta = new FileMetaStore(disk, directory, expected, identity, log);
      return new FileStorageEngine(lock, meta, log, snapshots, disposal);
    } catch (IOException e) {
      release(lock);
      throw Failures.of("opening the data directory", directory, 0, e);
    } catch (RuntimeException e) {
      release(lock);
      throw e;
    }
  }

  @Override
  public LogStore log() {
    return log;
  }

  @Override
  public SnapshotStore snapshots() {
    return snapshots;
  }

  @Override
  public MetaStore meta() {
    return meta;
  }

  @Override
  public long disposalBytes() {
    return disposal.waitingBytes();
  }

  FileMetaStore identityFile() {
    return meta;
  }

  FileSnapshotStore snapshotFiles() {
    return snapshots;
  }

  /// What recovery took away when the directory was opened, if anything.
  public Optional<CutTail> cut() {
    return log.cut();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      log.close();
    } finally {
      disposal.close();
      release(lock);
    }
  }

  private static Closeable lock(Disk disk, Path directory) {
    try {
      disk.createDirectory(directory);
      return disk.lock(directory.resolve(LOCK))
          .orElseThrow(() -> new StorageException.Locked(directory));
    } catch (IOException e) {
      throw Failures.of("opening the data directory", directory, 0, e);
    }
  }

  private static void release(Closeable lock) {
    try {
      lock.close();
    } catch (IOException e) {
      // The operating system gives it back when the process ends; nothing depends on it sooner.
      LOGGER.log(System.Logger.Level.WARNING, "lock not released", e);
    }
  }

  /// The log's files among these, in order.
  static List<Path> logFiles(List<Path> found) {
    return found.stream().filter(file -> SegmentFiles.number(file).isPresent()).toList();
  }

  private static void deleteLeftovers(Disk disk, List<Path> found) throws IOException {
    for (Path file : FileSnapshotStore.leftovers(found)) {
      disk.delete(file);
    }
    for (Path file : found) {
      String name = String.valueOf(file.getFileName());
      if (SegmentFiles.isSpare(file)
          || Disposal.isGone(file)
          || name.equals(IdentityFile.TEMPORARY)
          || name.equals(Fence.PROBE)) {
        disk.delete(file);
      }
    }
  }

  private static IdentityFile ownIdentity(Path directory, Identity expected, Disk disk) {
    IdentityFile identity = IdentityFile.read(disk, directory);
    if (!identity.owner().equals(expected)) {
      throw new StorageException.ForeignIdentity(directory, identity.owner(), expected);
    }
    return identity;
  }

  /// A directory with an identity has a log.
  static void requireLog(Path directory, List<Path> logFiles) {
    if (logFiles.isEmpty()) {
      Path first = directory.resolve(SegmentFiles.name(1));
      throw new StorageException.Corrupt(first, 0, "the file is missing");
    }
  }

  /// Entries that are not in the log must be in a snapshot (rule C5). The other way round, a
  /// snapshot that the log does not reach, is what a crash leaves before the log begins anew.
  static void requireCovered(Path directory, RecoveredLog log, List<Snapshot> snapshots) {
    Position base = log.base();
    if (!isCovered(log, snapshots)) {
      throw new StorageException.Corrupt(
          directory.resolve(SnapshotNames.finished(base)),
          0,
          "the log begins after entry "
              + base.index()
              + " and no snapshot reaches that far: it was deleted or lost, put it back");
    }
  }

  static boolean isCovered(RecoveredLog log, List<Snapshot> snapshots) {
    long base = log.base().index();
    return base == 0 || snapshots.stream().anyMatch(it -> it.point().position().index() >= base);
  }

  /// Without an identity there must be no log: somebody else's, or ours with its identity lost.
  private static void refuseForeign(List<Path> found, List<Path> logFiles) {
    for (Path file : found) {
      String name = String.valueOf(file.getFileName());
      boolean looksLikeOurs =
          name.endsWith(".seg")
              || name.endsWith(".wal")
              || SnapshotNames.position(file).isPresent();
      if (looksLikeOurs
          && !SegmentFiles.isSpare(file)
          && (!logFiles.contains(file) || logFiles.size() > 1)) {
        throw new StorageException.ForeignFormat(
            file, "unknown, there is no " + IdentityFile.NAME + " beside it", "its own");
      }
    }
  }

  /// A first log file without an identity is what a crash while setting up leaves, if it is empty.
  private static void refuseFilled(
      Path directory, Identity expected, StorageOptions options, List<Path> logFiles) {
    if (logFiles.isEmpty()) {
      return;
    }
    EntryReader reader = new EntryReader();
    Recovery.Result result = look(directory, expected, options, logFiles, reader);
    reader.close(result.log().index().segments());
    if (result.end() > SegmentHeader.BYTES) {
      throw new StorageException.ForeignFormat(
          logFiles.getFirst(),
          "unknown, there is no " + IdentityFile.NAME + " beside it",
          "its own");
    }
  }

  /// A node does not start beside a damaged newest snapshot: the disk lost bytes that were synced,
  /// and somebody should know. Where nothing is lost by it, he is told how to go on.
  private static void refuseDamaged(
      Path directory,
      Identity expected,
      StorageOptions options,
      List<Path> logFiles,
      FileSnapshotStore snapshots) {
    Optional<DamagedSnapshot> newest =
        snapshots.damaged().stream().filter(it -> it.isNewerThanAll(snapshots.list())).findFirst();
    if (newest.isEmpty()) {
      snapshots.damaged().forEach(FileStorageEngine::tell);
      return;
    }
    EntryReader reader = new EntryReader();
    Recovery.Result result = look(directory, expected, options, logFiles, reader);
    RecoveredLog log = result.log().shape().log(result.lastTime());
    reader.close(result.log().index().segments());
    throw newest.get().refusal(log, snapshots.list());
  }

  private static void tell(DamagedSnapshot older) {
    LOGGER.log(
        System.Logger.Level.WARNING,
        "a snapshot older than the newest is damaged and not used: file={0} offset={1}",
        older.damage().file(),
        String.valueOf(older.damage().offset()));
  }

  private static Recovery.Result look(
      Path directory,
      Identity expected,
      StorageOptions options,
      List<Path> logFiles,
      EntryReader reader) {
    return new Recovery(options.disk(), directory, expected, Recovery.Mode.LOOK, reader)
        .run(logFiles);
  }
}
