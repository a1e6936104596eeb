package dengine.engine;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Snapshots in memory: what is there of one that is being received outlives its node. A test can
/// take the room away, damage what is stored, and see what is open.
final class MemorySnapshots implements SnapshotStore {

  private static final Path WHERE = Path.of("memory");

  private record File(Snapshot snapshot, byte[] bytes) {}

  private final List<File> files = new CopyOnWriteArrayList<>();
  private @Nullable Snapshot wanted;
  private byte[] part = new byte[0];

  volatile long room = Long.MAX_VALUE;
  volatile boolean damaged;

  /// Header and end are well, and what is between them is not.
  volatile boolean rotten;
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger writes = new AtomicInteger();

  @Override
  public List<Snapshot> list() {
    return files.stream().map(File::snapshot).toList();
  }

  @Override
  public Writing create(SnapshotPoint point) {
    writes.incrementAndGet();
    requireRoom(1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    return new Writing() {
      @Override
      public OutputStream stream() {
        return bytes;
      }

      @Override
      public Snapshot finish() {
        requireRoom(bytes.size());
        return add(point, bytes.toByteArray(), 0);
      }

      @Override
      public void close() {}
    };
  }

  /// Stores one as if it had been taken long ago.
  Snapshot add(SnapshotPoint point, byte[] bytes, long createdMillis) {
    Snapshot snapshot = new Snapshot(point, bytes.length, Arrays.hashCode(bytes), createdMillis);
    files.add(new File(snapshot, bytes));
    files.sort(Comparator.comparingLong(file -> file.snapshot.point().position().index()));
    return snapshot;
  }

  byte[] bytes(Position position) {
    return file(position).bytes;
  }

  @Override
  public Reading open(Position position) {
    File file = file(position);
    if (damaged) {
      throw new StorageException.Corrupt(WHERE, 0, "damaged by a test");
    }
    open.incrementAndGet();
    return new Reading() {
      @Override
      public Snapshot snapshot() {
        return file.snapshot;
      }

      @Override
      public byte[] read(long offset, int length) {
        int end = (int) Math.min(file.bytes.length, offset + length);
        return Arrays.copyOfRange(file.bytes, (int) offset, end);
      }

      @Override
      public InputStream stream() {
        if (rotten) {
          throw new StorageException.Corrupt(WHERE, 1, "rotten by a test");
        }
        return new ByteArrayInputStream(file.bytes);
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  @Override
  public Receiving receive(Snapshot offered) {
    Snapshot before = wanted;
    if (before == null
        || !before.point().position().equals(offered.point().position())
        || before.fingerprint() != offered.fingerprint()) {
      part = new byte[0];
    }
    requireRoom(offered.bytes());
    wanted = offered;
    open.incrementAndGet();
    return new Receiving() {
      @Override
      public long received() {
        return part.length;
      }

      @Override
      public void write(long offset, byte[] bytes) {
        if (offset != part.length) {
          throw new IllegalStateException("piece at " + offset + ", expected at " + part.length);
        }
        requireRoom(part.length + bytes.length);
        byte[] longer = Arrays.copyOf(part, part.length + bytes.length);
        System.arraycopy(bytes, 0, longer, part.length, bytes.length);
        part = longer;
      }

      @Override
      public Snapshot finish() {
        byte[] whole = part;
        part = new byte[0];
        wanted = null;
        if (Arrays.hashCode(whole) != offered.fingerprint()) {
          throw new StorageException.Corrupt(WHERE, 0, "not what was offered");
        }
        return add(offered.point(), whole, offered.createdMillis());
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  /// What is there of a snapshot that is being received.
  long partBytes() {
    return part.length;
  }

  @Override
  public void retain(int count) {
    while (files.size() > count) {
      files.removeFirst();
    }
  }

  private File file(Position position) {
    return files.stream()
        .filter(file -> file.snapshot.point().position().equals(position))
        .findFirst()
        .orElseThrow(() -> new StorageException.Corrupt(WHERE, 0, "no snapshot at " + position));
  }

  private void requireRoom(long bytes) {
    if (bytes > room) {
      throw new StorageException.DiskFull(
          WHERE, bytes, new java.io.IOException("No space left on device"));
    }
  }
}
