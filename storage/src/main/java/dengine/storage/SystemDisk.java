package dengine.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The disk of this machine. No mapped memory: a store to a mapped page of a full disk kills the
/// whole virtual machine.
final class SystemDisk implements Disk {

  static final SystemDisk INSTANCE = new SystemDisk();

  /// Directories locked by this process. Closing any handle of a lock's file gives up the
  /// process's lock on it (POSIX), so a second attempt in this process must fail before it opens
  /// the file.
  private static final Set<Object> LOCKED = ConcurrentHashMap.newKeySet();

  private static final int ZERO_BYTES = 1 << 20;

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
      throw new IOException("not a directory");
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
    Object key = keyOfDirectory(file);
    if (!LOCKED.add(key)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(
              file,
              Set.<OpenOption>of(StandardOpenOption.WRITE, StandardOpenOption.CREATE),
              onlyOwner(file, "rw-------"));
      locked = tryLock(channel);
    } finally {
      if (!locked) {
        LOCKED.remove(key);
        closeQuietly(channel);
      }
    }
    FileChannel held = channel;
    return locked ? Optional.of(() -> release(held, key)) : Optional.empty();
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // taken by other code of this process, past this class
    }
  }

  private static void release(FileChannel channel, Object key) throws IOException {
    try {
      channel.close();
    } finally {
      LOCKED.remove(key);
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  /// What is the same for one directory under all its names.
  private static Object keyOfDirectory(Path file) throws IOException {
    Path directory = file.toAbsolutePath().normalize().getParent();
    if (directory == null) {
      throw new IOException("no directory above " + file);
    }
    Object key = Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
    return key != null ? key : directory.toRealPath();
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
