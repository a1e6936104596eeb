package dengine.storage;

import dengine.engine.spi.DirectoryLock;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// The disk of this machine. No mapped memory: a store to a mapped page of a full disk kills the
/// whole virtual machine.
final class SystemDisk implements Disk {

  static final SystemDisk INSTANCE = new SystemDisk();

  private static final int ZERO_BYTES = 1 << 20;
  private static final int STEP_BYTES = 1 << 20;
  private static final long STEP_PAUSE_NANOS = 2_000_000;

  private SystemDisk() {}

  @Override
  public File create(Path file) throws IOException {
    return new ChannelFile(
        FileChannel.open(
            file,
            Set.<OpenOption>of(
                StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            onlyOwner(file, "rw-------")));
  }

  @Override
  public File open(Path file) throws IOException {
    return new ChannelFile(
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  @Override
  public File openToRead(Path file) throws IOException {
    return new ChannelFile(FileChannel.open(file, StandardOpenOption.READ));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.delete(file);
  }

  /// Each step is synced, or the file system would gather them in one change of its journal. On
  /// ext4, deleting 300 MiB at once held up a sync of another file for 42 ms; so, for 0.5 ms.
  @Override
  public void deleteInSteps(Path file, BooleanSupplier givenUp) throws IOException {
    if (hasOtherNames(file)) {
      delete(file);
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long left = channel.size() - STEP_BYTES; left > 0; left -= STEP_BYTES) {
        if (givenUp.getAsBoolean()) {
          return;
        }
        channel.truncate(left);
        channel.force(true);
        LockSupport.parkNanos(STEP_PAUSE_NANOS);
      }
    }
    delete(file);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath();
    if (Files.isDirectory(absolute)) {
      return;
    }
    if (Files.exists(absolute)) {
      throw new IOException(absolute + " is not a directory: choose another path");
    }
    Path parent = absolute.getParent();
    if (parent != null) {
      createDirectory(parent);
    }
    Files.createDirectory(absolute, onlyOwner(absolute, "rwx------"));
    if (parent != null) {
      forceDirectory(parent);
    }
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public long freeBytes(Path directory) {
    // A FileStore would have to be found in the table of mounts, which a container may not show.
    return directory.toFile().getUsableSpace();
  }

  @Override
  public Optional<Closeable> lock(Path file) throws IOException {
    return DirectoryLock.tryLock(file).map(lock -> lock);
  }

  /// Whether somebody keeps the file under another name too, perhaps as a backup: it must stay
  /// whole there.
  private static boolean hasOtherNames(Path file) throws IOException {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix")
        && !Files.getAttribute(file, "unix:nlink").equals(1);
  }

  private static FileAttribute<?>[] onlyOwner(Path path, String permissions) {
    if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return new FileAttribute<?>[0];
    }
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
    };
  }

  private record ChannelFile(FileChannel channel) implements File {

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      int start = target.position();
      while (target.hasRemaining()) {
        if (channel.read(target, position + target.position() - start) < 0) {
          break;
        }
      }
      return target.position() - start;
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      int start = source.position();
      while (source.hasRemaining()) {
        channel.write(source, position + source.position() - start);
      }
    }

    @Override
    public void zero(long from, long to) throws IOException {
      ByteBuffer zeros =
          ByteBuffer.allocateDirect((int) Math.min(ZERO_BYTES, Math.max(0, to - from)));
      for (long at = from; at < to; at += zeros.capacity()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
        write(zeros, at);
      }
    }

    @Override
    public void force(Extent extent) throws IOException {
      channel.force(extent == Extent.ALL);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
