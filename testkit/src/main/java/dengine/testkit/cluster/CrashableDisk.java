package dengine.testkit.cluster;

import dengine.storage.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The disk as a process sees it that is killed at some moment: until then everything is as it is,
/// from then on nothing it does has any effect. What was written before stays, synced or not, as
/// after `kill -9`.
final class CrashableDisk implements Disk {

  private final Disk disk;
  private volatile boolean crashed;

  CrashableDisk(Disk disk) {
    this.disk = disk;
  }

  void crash() {
    crashed = true;
  }

  private void check() throws IOException {
    if (crashed) {
      throw new IOException("this node was killed by the test");
    }
  }

  @Override
  public File create(Path file) throws IOException {
    check();
    return new CrashableFile(disk.create(file));
  }

  @Override
  public File open(Path file) throws IOException {
    check();
    return new CrashableFile(disk.open(file));
  }

  @Override
  public File openToRead(Path file) throws IOException {
    check();
    return new CrashableFile(disk.openToRead(file));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    check();
    disk.rename(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    check();
    disk.delete(file);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    check();
    return disk.list(directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    check();
    disk.createDirectory(directory);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    check();
    disk.forceDirectory(directory);
  }

  @Override
  public long freeBytes(Path directory) throws IOException {
    check();
    return disk.freeBytes(directory);
  }

  @Override
  public Optional<Closeable> lock(Path file) throws IOException {
    check();
    return disk.lock(file);
  }

  private final class CrashableFile implements File {

    private final File file;

    CrashableFile(File file) {
      this.file = file;
    }

    @Override
    public long size() throws IOException {
      check();
      return file.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      check();
      return file.read(target, position);
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      check();
      file.write(source, position);
    }

    @Override
    public void zero(long from, long to) throws IOException {
      check();
      file.zero(from, to);
    }

    @Override
    public void force(Extent extent) throws IOException {
      check();
      file.force(extent);
    }

    /// Releases the descriptor in any case: a dead process holds none.
    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
