package dengine.rocksdb;

import dengine.engine.spi.DirectoryLock;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The directory of a store: databases by number, `state-1` and so on, and a file `STATE` that
/// names the one that counts. A snapshot becomes a new database; it counts from the moment `STATE`
/// names it, which happens at once or not at all. What does not count is deleted when the directory
/// is opened.
///
/// Locked while it is open. Used by the thread that writes.
final class StateDirectory implements AutoCloseable {

  private static final String FORMAT = "dengine-rocksdb 1";
  private static final Pattern DATABASE = Pattern.compile("state-([1-9][0-9]{0,17})");

  private final Path directory;
  private final Path pointer;
  private final DirectoryLock lock;

  private StateDirectory(Path directory, DirectoryLock lock) {
    this.directory = directory;
    this.pointer = directory.resolve("STATE");
    this.lock = lock;
  }

  /// Opens the directory, makes it if need be, and deletes what a crash left.
  static StateDirectory open(Path directory) {
    DirectoryLock lock = null;
    try {
      make(directory);
      lock =
          DirectoryLock.tryLock(directory.resolve("LOCK"))
              .orElseThrow(() -> new StorageException.Locked(directory));
      StateDirectory opened = new StateDirectory(directory, lock);
      opened.deleteLeftovers();
      return opened;
    } catch (IOException e) {
      close(lock, e);
      throw new StorageException.NotWritable(directory, e);
    } catch (RuntimeException e) {
      close(lock, e);
      throw e;
    }
  }

  /// The database that counts; null if there is none yet.
  @Nullable Path current() throws IOException {
    if (!Files.exists(pointer)) {
      return null;
    }
    List<String> lines = Files.readString(pointer, StandardCharsets.ISO_8859_1).lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(FORMAT)) {
      throw new StorageException.ForeignFormat(
          pointer, lines.isEmpty() ? "none" : "'" + lines.getFirst() + "'", "'" + FORMAT + "'");
    }
    if (lines.size() != 2 || !DATABASE.matcher(lines.get(1)).matches()) {
      throw Failures.damaged(pointer, "it should name a database, but says " + lines);
    }
    Path current = directory.resolve(lines.get(1));
    if (!Files.isDirectory(current)) {
      throw Failures.damaged(pointer, "the database " + current + " that it names is missing");
    }
    return current;
  }

  /// A place for the next database, with nothing in it.
  Path next() throws IOException {
    long number = 1;
    for (Path database : databases()) {
      number = Math.max(number, number(database) + 1);
    }
    Path next = directory.resolve("state-" + number);
    Files.createDirectory(next);
    return next;
  }

  /// Makes a database, which is complete on disk, the one that counts.
  void choose(Path database) throws IOException {
    Path unfinished = directory.resolve("STATE.tmp");
    byte[] text =
        (FORMAT + "\n" + database.getFileName() + "\n").getBytes(StandardCharsets.ISO_8859_1);
    sync(database);
    // Its name must be there before anything refers to it.
    sync(directory);
    Files.write(unfinished, text);
    try (FileChannel file = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      file.force(true);
    }
    Files.move(unfinished, pointer, StandardCopyOption.ATOMIC_MOVE);
    sync(directory);
  }

  /// Deletes a directory with all that is in it.
  static void delete(Path database) throws IOException {
    Files.walkFileTree(
        database,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /// Lets another store use the directory.
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw Failures.of("unlocking", directory, e);
    }
  }

  private void deleteLeftovers() throws IOException {
    Path current = current();
    for (Path database : databases()) {
      if (!database.equals(current)) {
        delete(database);
      }
    }
    Files.deleteIfExists(directory.resolve("STATE.tmp"));
  }

  private List<Path> databases() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> number(file) > 0).toList();
    }
  }

  /// A database's number; 0 for what is none.
  private static long number(Path file) {
    Matcher name = DATABASE.matcher(file.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : 0;
  }

  private static void make(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void close(@Nullable DirectoryLock lock, Exception failure) {
    if (lock != null) {
      try {
        lock.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
