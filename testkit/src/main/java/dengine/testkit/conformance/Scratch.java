package dengine.testkit.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Temporary directories of one check; deleted when it ends.
final class Scratch implements AutoCloseable {

  private final Path root;
  private int count;

  Scratch() throws IOException {
    root = Files.createTempDirectory("dengine-conformance-");
  }

  /// A new empty directory.
  Path directory() throws IOException {
    count++;
    return Files.createDirectory(root.resolve("place-" + count));
  }

  /// What a process that is killed now leaves of a directory. Only a machine that does nothing at
  /// the moment is copied as it is.
  Path copyOf(Path directory) throws IOException {
    Path copy = directory();
    copy(directory, copy);
    return copy;
  }

  static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /// The files below a directory, in a fixed order.
  static List<Path> files(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException | UncheckedIOException e) {
      // A thread of the subject still tidies up; the operating system's own cleaning gets the rest.
      root.toFile().deleteOnExit();
    }
  }
}
