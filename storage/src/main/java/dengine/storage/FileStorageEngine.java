package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A node's data in the files of one directory: `LOCK`, `IDENTITY`, and the log's files
/// `log-….seg`. Other files are left alone. `docs/storage.md` describes format and recovery.
///
/// A directory is new until [MetaStore#establish] was called; before that nothing can be appended.
/// Opening and establishing may be done by any one thread; see [LogStore] for the log. No thread
/// that calls may be interrupted: an interrupt during a call closes the file, which is final for
/// the node.
public final class FileStorageEngine implements StorageEngine {

  private static final System.Logger LOGGER = System.getLogger("dengine.storage");
  private static final String LOCK = "LOCK";
  private static final String PROBE = "PROBE.tmp";

  private final Closeable lock;
  private final Directory meta;
  private final SegmentedLogStore log;
  private boolean closed;

  private FileStorageEngine(Closeable lock, Directory meta, SegmentedLogStore log) {
    this.lock = lock;
    this.meta = meta;
    this.log = log;
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

  /// Opens without telling the operator.
  static FileStorageEngine recover(Path directory, Identity expected, StorageOptions options) {
    Disk disk = options.disk();
    Closeable lock = lock(disk, directory);
    try {
      List<Path> found = disk.list(directory);
      deleteLeftovers(disk, found);
      disk.create(directory.resolve(PROBE)).close();
      disk.delete(directory.resolve(PROBE));
      boolean established = found.contains(directory.resolve(IdentityFile.NAME));
      List<Path> logFiles =
          found.stream().filter(file -> SegmentFiles.number(file).isPresent()).toList();
      Directory meta = new Directory(disk, directory, expected);
      SegmentedLogStore log;
      if (established) {
        log = openEstablished(directory, expected, options, logFiles);
        meta.identity = expected;
      } else {
        refuseForeign(found, logFiles);
        deleteUnfinished(directory, expected, options, logFiles);
        log = new SegmentedLogStore(directory, expected, options);
        meta.log = log;
      }
      return new FileStorageEngine(lock, meta, log);
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
  public MetaStore meta() {
    return meta;
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

  private static void deleteLeftovers(Disk disk, List<Path> found) throws IOException {
    for (Path file : found) {
      String name = String.valueOf(file.getFileName());
      if (SegmentFiles.isSpare(file) || name.equals(IdentityFile.TEMPORARY) || name.equals(PROBE)) {
        disk.delete(file);
      }
    }
  }

  private static SegmentedLogStore openEstablished(
      Path directory, Identity expected, StorageOptions options, List<Path> logFiles) {
    Identity identity = IdentityFile.read(options.disk(), directory);
    if (!identity.equals(expected)) {
      throw new StorageException.ForeignIdentity(directory, identity, expected);
    }
    if (logFiles.isEmpty()) {
      Path first = new SegmentFiles(directory, options).path(1);
      throw new StorageException.Corrupt(first, 0, "the file is missing");
    }
    return new SegmentedLogStore(directory, identity, options, logFiles);
  }

  /// Without an identity there must be no log: somebody else's, or ours with its identity lost.
  private static void refuseForeign(List<Path> found, List<Path> logFiles) {
    for (Path file : found) {
      String name = String.valueOf(file.getFileName());
      boolean looksLikeLog = name.endsWith(".seg") || name.endsWith(".wal");
      if (looksLikeLog
          && !SegmentFiles.isSpare(file)
          && (!logFiles.contains(file) || logFiles.size() > 1)) {
        throw new StorageException.ForeignFormat(
            file, "unknown, there is no " + IdentityFile.NAME + " beside it", "its own");
      }
    }
  }

  /// A first log file without an identity is what a crash while setting up leaves, if it is empty.
  private static void deleteUnfinished(
      Path directory, Identity expected, StorageOptions options, List<Path> logFiles)
      throws IOException {
    if (logFiles.isEmpty()) {
      return;
    }
    Path first = logFiles.getFirst();
    SegmentFiles files = new SegmentFiles(directory, options);
    Recovery.Result result = new Recovery(options.disk(), directory, expected, files).run(logFiles);
    result.last().file().close();
    if (result.end() > SegmentHeader.BYTES) {
      throw new StorageException.ForeignFormat(
          first, "unknown, there is no " + IdentityFile.NAME + " beside it", "its own");
    }
    options.disk().delete(first);
    options.disk().forceDirectory(directory);
  }

  /// The identity, and what establishing it takes.
  private static final class Directory implements MetaStore {
    private final Disk disk;
    private final Path path;
    private final Identity expected;
    private @Nullable Identity identity;
    private @Nullable SegmentedLogStore log;

    Directory(Disk disk, Path path, Identity expected) {
      this.disk = disk;
      this.path = path;
      this.expected = expected;
    }

    @Override
    public Optional<Identity> identity() {
      return Optional.ofNullable(identity);
    }

    @Override
    public void establish(Identity wanted) {
      SegmentedLogStore begun = log;
      if (identity != null || begun == null) {
        throw new StorageException.ForeignIdentity(path, expected, wanted);
      }
      if (!wanted.equals(expected)) {
        throw new IllegalArgumentException("opened for " + expected + ", not for " + wanted);
      }
      log = null; // one try: after a failure the directory must be opened anew
      begun.begin();
      IdentityFile.write(disk, path, wanted);
      identity = wanted;
    }
  }
}
