package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A node's snapshots, each in a file of its own in the data directory. The monitor guards the list
/// of what is there, which several threads ask for; nothing is read or written under it but names.
final class FileSnapshotStore implements SnapshotStore {

  private static final Comparator<Position> BY_INDEX =
      Comparator.comparingLong(Position::index).thenComparingLong(Position::term);

  private final Disk disk;
  private final Path directory;
  private final Identity owner;
  private final StorageOptions options;
  private final Room room;
  private final TreeMap<Position, Snapshot> finished = new TreeMap<>(BY_INDEX);
  private final List<DamagedSnapshot> damaged = new ArrayList<>();
  private final Disposal disposal;

  /// How many read each. One that nobody is given any more gets no new ones.
  private final Map<Position, Integer> readers = new HashMap<>();

  /// What is left of those that are not needed, and read.
  private final Map<Position, Path> leaving = new HashMap<>();

  private FileSnapshotStore(
      Path directory, Identity owner, StorageOptions options, Disposal disposal) {
    this.disk = options.disk();
    this.directory = directory;
    this.owner = owner;
    this.options = options;
    this.room = new Room(disk, directory, options.segmentBytes());
    this.disposal = disposal;
  }

  /// Finds out which snapshots there are. One whose header or end does not verify is not in the
  /// list, and goes when it is its turn; whoever opens decides what it means if it is the newest.
  ///
  /// @param found the files in the directory
  /// @throws StorageException when one belongs to another cluster
  static FileSnapshotStore open(
      Path directory, Identity owner, StorageOptions options, Disposal disposal, List<Path> found) {
    FileSnapshotStore store = new FileSnapshotStore(directory, owner, options, disposal);
    for (Path path : finishedFirst(found)) {
      try {
        store.add(path);
      } catch (StorageException.Corrupt e) {
        store.damaged.add(new DamagedSnapshot(SnapshotNames.position(path).orElseThrow(), e));
      }
    }
    return store;
  }

  /// Those that were damaged at first sight when the directory was opened, newest first.
  List<DamagedSnapshot> damaged() {
    return List.copyOf(damaged);
  }

  /// The finished snapshots among these files, newest first.
  static List<Path> finishedFirst(List<Path> found) {
    return found.stream()
        .filter(path -> SnapshotNames.position(path).isPresent())
        .sorted(
            Comparator.comparing(
                (Path path) -> SnapshotNames.position(path).orElseThrow(), BY_INDEX.reversed()))
        .toList();
  }

  /// What is left of unfinished work: all but the newest of the partial ones, and that one too if a
  /// finished one has at least its position.
  static List<Path> leftovers(List<Path> found) {
    List<Path> leftovers =
        new ArrayList<>(found.stream().filter(SnapshotNames::isWriting).toList());
    List<Path> partial = found.stream().filter(SnapshotNames::isPartial).sorted().toList();
    // Positions have the same number of digits in all names.
    String newest = finishedFirst(found).stream().findFirst().map(SnapshotNames::stem).orElse("");
    for (Path path : partial) {
      if (!path.equals(partial.getLast()) || SnapshotNames.stem(path).compareTo(newest) <= 0) {
        leftovers.add(path);
      }
    }
    return leftovers;
  }

  private void add(Path path) {
    try (SnapshotFile file = SnapshotFile.open(disk, path)) {
      if (file.clusterId() != owner.clusterId()) {
        Identity other = new Identity(file.clusterId(), owner.nodeId());
        throw new StorageException.ForeignIdentity(directory, other, owner);
      }
      Position position = file.snapshot().point().position();
      if (!path.equals(path(position))) {
        throw new StorageException.Corrupt(path, 0, "this is the snapshot at " + position);
      }
      finished.put(position, file.snapshot());
    } catch (IllegalArgumentException e) {
      throw new StorageException.Corrupt(path, 0, "a snapshot of no cluster");
    }
  }

  private Path path(Position position) {
    return directory.resolve(SnapshotNames.finished(position));
  }

  @Override
  public synchronized List<Snapshot> list() {
    return List.copyOf(finished.values());
  }

  @Override
  public Writing create(SnapshotPoint point) {
    return create(point, options.wallClock().millis());
  }

  /// Begins a snapshot that was taken before.
  Writing create(SnapshotPoint point, long createdMillis) {
    Path temporary = directory.resolve(SnapshotNames.writing(point.position()));
    SnapshotHeader header = new SnapshotHeader(owner.clusterId(), point, createdMillis);
    return SnapshotWriter.begin(
        disk, temporary, header, room, options.inBackground(), this::finish);
  }

  @Override
  public Reading open(Position position) {
    Path path = path(position);
    synchronized (this) {
      if (!finished.containsKey(position)) {
        throw new StorageException.IoFailure("open", path, new NoSuchFileException("no snapshot"));
      }
      Opened opened = new Opened(SnapshotFile.open(disk, path), position);
      readers.merge(position, 1, Integer::sum);
      return opened;
    }
  }

  private void closed(Position position) {
    Path left = null;
    synchronized (this) {
      readers.computeIfPresent(position, (_, count) -> count == 1 ? null : count - 1);
      if (!readers.containsKey(position)) {
        left = leaving.remove(position);
      }
    }
    if (left != null) {
      disposal.giveBack(left);
    }
  }

  /// A file that has lost its name stays whole as long as somebody reads it.
  private void leave(Position position, Path gone) {
    synchronized (this) {
      if (readers.containsKey(position)) {
        leaving.put(position, gone);
        return;
      }
    }
    disposal.giveBack(gone);
  }

  @Override
  public Receiving receive(Snapshot wanted) {
    Path path = directory.resolve(SnapshotNames.partial(wanted));
    boolean exists = false;
    long kept = 0;
    try {
      for (Path other : disk.list(directory)) {
        if (SnapshotNames.isPartial(other) && !other.equals(path)) {
          disk.delete(other);
        }
        exists |= other.equals(path);
      }
      if (exists) {
        try (Disk.File file = disk.openToRead(path)) {
          kept = file.size();
        }
      }
      room.require(path, wanted.bytes() - kept);
      PartialSnapshot partial =
          PartialSnapshot.open(disk, path, exists, wanted, owner.clusterId(), room, this::finish);
      if (!exists) {
        disk.forceDirectory(directory);
      }
      return partial;
    } catch (IOException e) {
      throw Failures.of("receiving a snapshot", path, wanted.bytes(), e);
    }
  }

  @Override
  public void retain(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("retain " + count + " snapshots, at least 1");
    }
    List<Path> files = finishedFirst(files());
    synchronized (this) {
      while (finished.size() > count) {
        finished.pollFirstEntry();
      }
      if (finished.isEmpty()) {
        return;
      }
      Position oldest = finished.firstKey();
      files =
          files.stream()
              .filter(it -> BY_INDEX.compare(SnapshotNames.position(it).orElseThrow(), oldest) < 0)
              .toList();
    }
    delete(files.reversed());
  }

  private List<Path> files() {
    try {
      return disk.list(directory);
    } catch (IOException e) {
      throw Failures.of("list", directory, 0, e);
    }
  }

  private void delete(List<Path> files) {
    if (files.isEmpty()) {
      return;
    }
    try {
      List<Path> gone = disposal.takeNames(files);
      for (int i = 0; i < gone.size(); i++) {
        leave(SnapshotNames.position(files.get(i)).orElseThrow(), gone.get(i));
      }
    } catch (IOException e) {
      throw Failures.of("delete", files.getFirst(), 0, e);
    }
  }

  /// Gives a file that is durable its name. It is a snapshot from the moment that is durable too.
  private Snapshot finish(Path temporary, Snapshot snapshot) {
    Path path = path(snapshot.point().position());
    try {
      disk.rename(temporary, path);
      disk.forceDirectory(directory);
    } catch (IOException e) {
      throw Failures.of("finish", path, 0, e);
    }
    synchronized (this) {
      finished.put(snapshot.point().position(), snapshot);
    }
    return snapshot;
  }

  /// A snapshot that somebody reads: its file stays whole until he closes it.
  private final class Opened implements Reading {
    private final SnapshotFile file;
    private final Position position;
    private boolean over;

    Opened(SnapshotFile file, Position position) {
      this.file = file;
      this.position = position;
    }

    @Override
    public Snapshot snapshot() {
      return file.snapshot();
    }

    @Override
    public byte[] read(long offset, int length) {
      return file.read(offset, length);
    }

    @Override
    public InputStream stream() throws IOException {
      return file.stream();
    }

    @Override
    public void close() {
      if (!over) {
        over = true;
        try {
          file.close();
        } finally {
          closed(position);
        }
      }
    }
  }
}
