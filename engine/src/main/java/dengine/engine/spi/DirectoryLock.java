package dengine.engine.spi;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A directory that one user has for himself, among all processes and within this one.
///
/// A lock on a file alone does not do: it is the process's, and closing any handle of that file
/// gives it up (POSIX). Whoever tried in vain in the same process would take it away from its
/// holder, without anybody noticing. So a second attempt in this process fails before it opens the
/// file.
public final class DirectoryLock implements Closeable {

  private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Object key;

  private DirectoryLock(FileChannel channel, Object key) {
    this.channel = channel;
    this.key = key;
  }

  /// Locks a directory, with a file in it that is made if need be and stays.
  ///
  /// @param file in a directory that exists; the same for all users of the directory
  /// @return empty if somebody else has it
  public static Optional<DirectoryLock> tryLock(Path file) throws IOException {
    Object key = keyOfDirectory(file);
    if (!HELD.add(key)) {
      return Optional.empty();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel = open(file);
      locked = tryLock(channel);
      return locked ? Optional.of(new DirectoryLock(channel, key)) : Optional.empty();
    } finally {
      if (!locked) {
        try {
          close(channel);
        } finally {
          HELD.remove(key);
        }
      }
    }
  }

  /// Lets others have the directory.
  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return; // somebody else may hold it by now
    }
    try {
      channel.close();
    } finally {
      HELD.remove(key);
    }
  }

  private static void close(@Nullable FileChannel channel) throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // taken by other code of this process, past this class
    }
  }

  private static FileChannel open(Path file) throws IOException {
    Set<OpenOption> options = Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return FileChannel.open(file, options);
    }
    FileAttribute<?> onlyOwner =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    return FileChannel.open(file, options, onlyOwner);
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
}
