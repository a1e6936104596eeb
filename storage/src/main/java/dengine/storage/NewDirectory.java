package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore.Writing;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.raft.SnapshotPoint;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Makes data directories for new clusters out of what is left of old ones: a backup, or the one
/// node that survived.
///
/// The new directory belongs to another cluster, so members of the old one are refused, and in all
/// that it holds there never were other members than the given ones. It has an identity, and is
/// thus a data directory, only when everything else in it is durable; after a failure nothing is
/// left of it, and after a crash it can be deleted.
public final class NewDirectory {

  private static final int COPIED_BYTES = 1 << 20;

  /// Who the directory is for.
  ///
  /// @param owner the node, in a cluster with an id that was not used before
  /// @param incarnation random, not 0
  /// @param members of the new cluster
  public record Founding(Identity owner, long incarnation, Membership members) {
    public Founding {
      if (incarnation == 0 || !members.isVoter(owner.nodeId()) || members.isJoint()) {
        throw new IllegalArgumentException(
            owner + " with incarnation " + incarnation + " does not found a cluster of " + members);
      }
    }
  }

  private final StorageOptions options;
  private final Path directory;
  private final Founding founding;

  private NewDirectory(StorageOptions options, Path directory, Founding founding) {
    this.options = options;
    this.directory = directory;
    this.founding = founding;
  }

  /// Makes the directory of a node of a new cluster from a snapshot's file. Each member needs one,
  /// from the same file and with the same members. They found the cluster when they are started, as
  /// members with empty disks do; until then it is open which disks they have.
  ///
  /// @param snapshot the file; verified while it is copied
  /// @param directory that does not exist, or is empty
  /// @throws StorageException when the file is damaged, the directory not empty, or the disk
  ///     refuses
  public static void restore(
      StorageOptions options, Path snapshot, Path directory, Founding founding) {
    NewDirectory made = new NewDirectory(options, directory, founding);
    try (SnapshotFile source = SnapshotFile.open(options.disk(), snapshot)) {
      made.make(engine -> made.restore(source, engine));
    }
  }

  private void restore(SnapshotFile source, FileStorageEngine engine) {
    Membership members = founding.members().withoutDisks();
    SnapshotPoint point = copy(source, members, engine.snapshotFiles());
    IdentityFile identity =
        new IdentityFile(
            founding.owner(), founding.incarnation(), Optional.empty(), Optional.of(members));
    engine
        .identityFile()
        .establish(identity, log -> log.append(List.of(beginning(point, point.position().term()))));
  }

  /// Makes the directory of the only node of a new cluster from that of a node which survived, when
  /// so many others are lost for ever that the old cluster can never have a majority again. All
  /// entries of the survivor's log are kept and become committed; what only lost nodes had is lost.
  /// The old directory is fenced: nothing in it is lost, but no node starts on it.
  ///
  /// @param survivor the old directory, of a node that does not run
  /// @param directory that does not exist, or is empty
  /// @param founding of a cluster with one member
  /// @return why the old directory is not fenced although that could be expected when it began: the
  ///     new one is complete, and nobody may start a node on the old one; empty if all went well
  /// @throws StorageException when the old directory is in use, damaged or cannot be fenced, the
  ///     new one is not empty, or the disk refuses
  public static Optional<StorageException> recover(
      StorageOptions options, Path survivor, Path directory, Founding founding) {
    if (founding.members().members().size() != 1) {
      throw new IllegalArgumentException("one member recovers, not " + founding.members());
    }
    NewDirectory made = new NewDirectory(options, directory, founding);
    try (OfflineDirectory source = OfflineDirectory.open(options.disk(), survivor)) {
      // Before anything is made: copying may take long, and what cannot be fenced would be two.
      source.requireFenceable();
      if (source.inspect().owner().clusterId() == founding.owner().clusterId()) {
        throw new IllegalArgumentException("the new cluster needs another id than the old one");
      }
      made.make(engine -> made.copyAll(source, engine));
      return made.fence(survivor);
    }
  }

  /// Makes the directory, or leaves nothing of it: what is half a directory would only be in the
  /// way of the next attempt.
  private void make(Consumer<FileStorageEngine> content) {
    List<Path> missing = missing();
    requireEmpty();
    try (FileStorageEngine engine =
        FileStorageEngine.recover(directory, founding.owner(), options)) {
      content.accept(engine);
    } catch (RuntimeException failure) {
      discard(missing, failure);
      throw failure;
    }
  }

  /// The directory and those above it that are yet to be made, the deepest first.
  private List<Path> missing() {
    List<Path> missing = new ArrayList<>();
    Path at = directory.toAbsolutePath().normalize();
    while (at != null && isMissing(at)) {
      missing.add(at);
      at = at.getParent();
    }
    return missing;
  }

  private boolean isMissing(Path path) {
    try {
      options.disk().list(path);
      return false;
    } catch (NoSuchFileException e) {
      return true;
    } catch (IOException e) {
      return false; // it is there, but not ours to look at
    }
  }

  /// The directory was empty, so all that is in it was made here; unless somebody else uses it now,
  /// who then has its lock, or has used it meanwhile: the identity is written last, so what was
  /// not finished here has none.
  private void discard(List<Path> made, RuntimeException failure) {
    Disk disk = options.disk();
    try {
      Optional<Closeable> lock = disk.lock(directory.resolve(FileStorageEngine.LOCK));
      if (lock.isEmpty()) {
        return;
      }
      try (Closeable _ = lock.get()) {
        List<Path> files = disk.list(directory);
        if (files.contains(directory.resolve(IdentityFile.NAME))) {
          return;
        }
        for (Path file : files) {
          disk.delete(file);
        }
        disk.forceDirectory(directory);
      }
      for (Path path : made) {
        disk.delete(path);
      }
    } catch (IOException e) {
      failure.addSuppressed(e); // what is left does no harm: it is no data directory
    }
  }

  private void requireEmpty() {
    Disk disk = options.disk();
    try {
      disk.createDirectory(directory);
      for (Path file : disk.list(directory)) {
        if (!file.equals(directory.resolve(FileStorageEngine.LOCK))) {
          throw new StorageException.NotEmpty(directory, file);
        }
      }
    } catch (IOException e) {
      throw Failures.of("create", directory, 0, e);
    }
  }

  private void copyAll(OfflineDirectory source, FileStorageEngine engine) {
    RecoveredLog found = source.inspect().recovered().log();
    long term = source.inspect().recovered().hardState().term();
    Optional<SnapshotFile> newest = source.newestIntact();
    if (newest.isEmpty()) {
      establish(engine, log -> copyEntries(source, 1, found.lastIndex(), term, log));
      return;
    }
    try (SnapshotFile snapshot = newest.get()) {
      SnapshotPoint point = copy(snapshot, founding.members(), engine.snapshotFiles());
      Position position = point.position();
      boolean reached = position.equals(found.base()) || isIn(source, found, position);
      establish(
          engine,
          log -> {
            log.append(List.of(beginning(point, Math.max(term, position.term()))));
            if (reached) {
              copyEntries(source, position.index() + 1, found.lastIndex(), term, log);
            }
          });
    }
  }

  /// Whether the log's entry there is the one of this position.
  private static boolean isIn(OfflineDirectory source, RecoveredLog log, Position position) {
    return position.index() > log.base().index()
        && position.index() <= log.lastIndex()
        && source
            .read(position.index(), position.index(), 0)
            .getFirst()
            .position()
            .equals(position);
  }

  /// The snapshot as one of the new cluster. Whoever copies it for the same members gets the same
  /// bytes.
  private SnapshotPoint copy(SnapshotFile source, Membership members, FileSnapshotStore target) {
    SnapshotPoint old = source.snapshot().point();
    SnapshotPoint point = new SnapshotPoint(old.position(), old.time(), members, 0);
    try (Writing writing = target.create(point, source.snapshot().createdMillis());
        InputStream stream = source.stream()) {
      stream.transferTo(writing.stream());
      writing.finish();
      return point;
    } catch (IOException e) {
      throw Failures.of("copying a snapshot", directory, source.snapshot().bytes(), e);
    }
  }

  private static Persist beginning(SnapshotPoint point, long term) {
    return new Persist(1, Optional.of(new HardState(term, 0)), 0, List.of(), Optional.of(point));
  }

  private void copyEntries(
      OfflineDirectory source, long from, long last, long term, LogStore target) {
    target.append(List.of(new Persist(1, Optional.of(new HardState(term, 0)), 0, List.of())));
    long next = from;
    while (next <= last) {
      List<Entry> entries =
          source.read(next, last, COPIED_BYTES).stream().map(this::withMembers).toList();
      target.append(List.of(new Persist(1, Optional.empty(), 0, entries)));
      next += entries.size();
    }
  }

  private Entry withMembers(Entry entry) {
    return entry.kind() == Entry.Kind.MEMBERSHIP
        ? new Entry(
            entry.index(), entry.term(), entry.time(), entry.kind(), founding.members().encode())
        : entry;
  }

  private void establish(FileStorageEngine engine, Consumer<LogStore> content) {
    IdentityFile identity =
        new IdentityFile(
            founding.owner(),
            founding.incarnation(),
            Optional.of(founding.members()),
            Optional.empty());
    engine.identityFile().establish(identity, content);
  }

  private Optional<StorageException> fence(Path survivor) {
    try {
      Fence.put(options.disk(), survivor, directory);
      return Optional.empty();
    } catch (StorageException e) {
      return Optional.of(e);
    }
  }
}
