package dengine.testkit.simulation;

import dengine.storage.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A disk that does not sync snapshots.
final class ForgetfulDisk implements Disk {

  private final Disk inner;

  ForgetfulDisk(Disk inner) {
    this.inner = inner;
  }

  private static boolean isSnapshot(Path file) {
    return String.valueOf(file.getFileName()).startsWith("snapshot-");
  }

  @Override
  public File create(Path file) throws IOException {
    return around(file, inner.create(file));
  }

  @Override
  public File open(Path file) throws IOException {
    return around(file, inner.open(file));
  }

  @Override
  public File openToRead(Path file) throws IOException {
    return inner.openToRead(file);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    inner.rename(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    inner.delete(file);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    return inner.list(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    inner.createDirectory(directory);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    inner.forceDirectory(directory);
  }

  @Override
  public long freeBytes(Path directory) throws IOException {
    return inner.freeBytes(directory);
  }

  @Override
  public Optional<Closeable> lock(Path file) throws IOException {
    return inner.lock(file);
  }

  private static File around(Path path, File file) {
    return isSnapshot(path) ? new Unsynced(file) : file;
  }

  private record Unsynced(File inner) implements File {
    @Override
    public long size() throws IOException {
      return inner.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return inner.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      inner.write(source, position);
    }

    @Override
    public void zero(long from, long to) throws IOException {
      inner.zero(from, to);
    }

    @Override
    public void force(Extent extent) {
      // Reported as done.
    }

    @Override
    public void close() throws IOException {
      inner.close();
    }
  }
}
