package dengine.examples.storage;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/// A file per snapshot: `point created state fingerprint:8`. Each passes through memory as a whole,
/// when it is written and when it is opened, and is verified then.
final class FolderSnapshots implements SnapshotStore {

  private static final int FINGERPRINT = 8;

  private final Path directory;
  private final ConcurrentSkipListMap<Long, Snapshot> finished = new ConcurrentSkipListMap<>();

  FolderSnapshots(Path directory) throws IOException {
    this.directory = directory;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.snapshot")) {
      for (Path file : files) {
        Snapshot snapshot = verify(file, Files.readAllBytes(file));
        finished.put(snapshot.point().position().index(), snapshot);
      }
    }
  }

  private Path file(Position position) {
    return directory.resolve(position.index() + "-" + position.term() + ".snapshot");
  }

  /// @throws StorageException.Corrupt if this is no snapshot
  private static Snapshot verify(Path path, byte[] file) {
    int end = file.length - FINGERPRINT;
    if (end < 0 || ByteBuffer.wrap(file).getLong(end) != fingerprint(file, end)) {
      throw new StorageException.Corrupt(path, 0, "the snapshot does not verify");
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(file, 0, end));
    try {
      SnapshotPoint point = Records.point(in);
      return new Snapshot(point, file.length, fingerprint(file, end), in.readLong());
    } catch (IOException e) {
      throw new StorageException.Corrupt(path, 0, String.valueOf(e.getMessage()));
    }
  }

  private static long fingerprint(byte[] bytes, int length) {
    CRC32 one = new CRC32();
    one.update(bytes, 0, length);
    CRC32C other = new CRC32C();
    other.update(bytes, 0, length);
    return one.getValue() << 32 | other.getValue();
  }

  @Override
  public List<Snapshot> list() {
    return List.copyOf(finished.values());
  }

  @Override
  public Writing create(SnapshotPoint point) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    try {
      Records.write(out, point);
      out.writeLong(System.currentTimeMillis());
    } catch (IOException e) {
      throw new StorageException.IoFailure("write", file(point.position()), e);
    }
    return new Writing() {
      @Override
      public OutputStream stream() {
        return out;
      }

      @Override
      public Snapshot finish() {
        Path temporary = directory.resolve("writing");
        byte[] body = bytes.toByteArray();
        try {
          out.writeLong(fingerprint(body, body.length));
          Files.write(temporary, bytes.toByteArray());
          return name(temporary, bytes.toByteArray());
        } catch (IOException e) {
          throw new StorageException.IoFailure("finish", temporary, e);
        }
      }

      @Override
      public void close() {
        // It is in memory only.
      }
    };
  }

  /// What is in the file is durable before its name is; from then on it is a snapshot.
  private Snapshot name(Path temporary, byte[] content) throws IOException {
    try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      file.force(true);
    }
    Snapshot snapshot = verify(temporary, content);
    Path path = file(snapshot.point().position());
    Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    Journal.syncDirectory(path);
    finished.put(snapshot.point().position().index(), snapshot);
    return snapshot;
  }

  @Override
  public Reading open(Position position) {
    Path path = file(position);
    byte[] content;
    try {
      content = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new StorageException.IoFailure("open", path, e);
    }
    Snapshot snapshot = verify(path, content);
    return new Reading() {
      @Override
      public Snapshot snapshot() {
        return snapshot;
      }

      @Override
      public byte[] read(long offset, int length) {
        int end = (int) Math.min(content.length, offset + length);
        return Arrays.copyOfRange(content, (int) offset, end);
      }

      @Override
      public InputStream stream() throws IOException {
        int length = content.length - FINGERPRINT;
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(content, 0, length));
        SnapshotPoint _ = Records.point(in);
        long _ = in.readLong();
        return in;
      }

      @Override
      public void close() {
        // Nothing is open.
      }
    };
  }

  @Override
  public Receiving receive(Snapshot wanted) {
    Path path = directory.resolve(Long.toHexString(wanted.fingerprint()) + ".partial");
    try {
      try (DirectoryStream<Path> others = Files.newDirectoryStream(directory, "*.partial")) {
        for (Path other : others) {
          if (!other.equals(path)) {
            Files.delete(other);
          }
        }
      }
      long free = Files.getFileStore(directory).getUsableSpace();
      if (wanted.bytes() > Math.min(free, Integer.MAX_VALUE - FINGERPRINT)) {
        throw new StorageException.DiskFull(
            path, wanted.bytes(), new IOException(free + " bytes are free, 2 GiB are the most"));
      }
      return new Partial(path, wanted);
    } catch (IOException e) {
      throw new StorageException.IoFailure("receive", path, e);
    }
  }

  @Override
  public void retain(int count) {
    while (finished.size() > count) {
      delete(file(finished.pollFirstEntry().getValue().point().position()));
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new StorageException.IoFailure("delete", path, e);
    }
  }

  /// A snapshot on its way here: what arrived is the beginning of its file.
  private final class Partial implements Receiving {
    private final Path path;
    private final Snapshot wanted;
    private final FileChannel file;
    private long received;

    Partial(Path path, Snapshot wanted) throws IOException {
      this.path = path;
      this.wanted = wanted;
      this.file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      this.received = file.size();
      file.force(true);
    }

    @Override
    public long received() {
      return received;
    }

    @Override
    public void write(long offset, byte[] bytes) {
      try {
        for (ByteBuffer piece = ByteBuffer.wrap(bytes); piece.hasRemaining(); ) {
          received += file.write(piece, received);
        }
      } catch (IOException e) {
        throw new StorageException.IoFailure("write", path, e);
      }
    }

    @Override
    public Snapshot finish() {
      try {
        byte[] content = Files.readAllBytes(path);
        Snapshot arrived = verify(path, content);
        if (arrived.fingerprint() != wanted.fingerprint()
            || !arrived.point().equals(wanted.point())) {
          throw new StorageException.Corrupt(path, 0, "it is not what was offered");
        }
        return name(path, content);
      } catch (StorageException.Corrupt e) {
        delete(path); // going on with it would never end well
        throw e;
      } catch (IOException e) {
        throw new StorageException.IoFailure("finish", path, e);
      }
    }

    @Override
    public void close() {
      try {
        file.close();
      } catch (IOException e) {
        throw new StorageException.IoFailure("close", path, e);
      }
    }
  }
}
