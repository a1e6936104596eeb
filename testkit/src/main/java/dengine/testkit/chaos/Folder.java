package dengine.testkit.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What is in the data directory of a node that runs: files come and go while it is looked at.
record Folder(Path path) {

  /// Bytes of all files of the log, the one in preparation included.
  long logBytes() {
    return files(".seg").stream().mapToLong(Folder::size).sum();
  }

  /// The number of the first file of the log; 0 if there is none.
  long firstLogFile() {
    return files(".seg").stream()
        .map(file -> file.getFileName().toString())
        .filter(name -> name.startsWith("log-"))
        .mapToLong(name -> Long.parseLong(name, 4, 24, 10))
        .min()
        .orElse(0);
  }

  /// How many bytes of a snapshot that is on its way here have arrived; 0 if none is.
  long arrivedBytes() {
    return files(".part").stream().mapToLong(Folder::size).sum();
  }

  /// The largest finished snapshot.
  Optional<Path> snapshot() {
    return files(".snap").stream().max((one, other) -> Long.compare(size(one), size(other)));
  }

  List<Path> logFiles() {
    return files(".seg");
  }

  private List<Path> files(String ending) {
    try (Stream<Path> all = Files.list(path)) {
      return all.filter(file -> file.getFileName().toString().endsWith(ending)).sorted().toList();
    } catch (NoSuchFileException notYet) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Of a file that may be gone.
  static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException gone) {
      return 0;
    }
  }
}
