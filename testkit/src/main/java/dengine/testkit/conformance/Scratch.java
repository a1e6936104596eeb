package dengine.testkit.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Temporary directories of one check; deleted when it ends.
final class Scratch implements AutoCloseable {

  private static final int MOST_COPIES = 100;

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

  /// What a process that is killed now leaves of a directory. A subject may still tidy up on a
  /// thread of its own; a copy during which something changed is made again.
  Path copyOf(Path directory) throws IOException {
    for (int attempt = 1; ; attempt++) {
      Path copy = directory();
      try {
        List<String> before = state(directory);
        copy(directory, copy);
        if (before.equals(state(directory))) {
          return copy;
        }
      } catch (NoSuchFileException | UncheckedIOException changed) {
        if (attempt == MOST_COPIES) {
          throw changed;
        }
      }
      if (attempt == MOST_COPIES) {
        throw new IOException(directory + " never stays as it is for as long as a copy takes");
      }
    }
  }

  private static List<String> state(Path directory) throws IOException {
    List<String> state = new ArrayList<>();
    for (Path file : files(directory)) {
      state.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
    }
    return state;
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
