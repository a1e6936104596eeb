package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// What keeps nodes away from a directory whose entries went into a new cluster: its identity has
/// another name, and a note says where they went. Nothing else in it changes.
final class Fence {

  /// The identity of a directory that is fenced.
  static final String IDENTITY = IdentityFile.NAME + ".recovered";

  /// Text: the directory that was made. For people, nothing depends on it.
  static final String NOTE = "RECOVERED";

  static final String PROBE = "PROBE.tmp";

  private static final int MAX_NOTE_BYTES = 64 << 10;

  private Fence() {}

  /// Finds out whether [#put] can work; leaves everything as it was.
  ///
  /// @throws StorageException.CannotBeFenced if it cannot
  static void requirePossible(Disk disk, Path directory) {
    try {
      Path probe = directory.resolve(PROBE);
      if (disk.list(directory).contains(probe)) {
        disk.delete(probe);
      }
      disk.create(probe).close();
      disk.delete(probe);
    } catch (IOException e) {
      throw new StorageException.CannotBeFenced(directory, e.toString());
    }
  }

  /// Fences a directory, durably.
  static void put(Disk disk, Path directory, Path into) {
    note(disk, directory, into.toAbsolutePath().normalize().toString());
    try {
      disk.rename(directory.resolve(IdentityFile.NAME), directory.resolve(IDENTITY));
      disk.forceDirectory(directory);
    } catch (IOException e) {
      throw Failures.of("fence", directory, 0, e);
    }
  }

  /// A full disk has no room for it, and must be fenced all the same.
  private static void note(Disk disk, Path directory, String into) {
    Path note = directory.resolve(NOTE);
    try {
      if (disk.list(directory).contains(note)) {
        disk.delete(note);
      }
      try (Disk.File file = disk.create(note)) {
        file.write(ByteBuffer.wrap(into.getBytes(StandardCharsets.UTF_8)), 0);
        file.force(Disk.File.Extent.ALL);
      }
    } catch (IOException e) {
      System.getLogger("dengine.storage")
          .log(System.Logger.Level.WARNING, "no note in the fenced directory: " + note, e);
    }
  }

  /// Refuses a directory without an identity that is fenced.
  ///
  /// @param found the files in it
  static void refuse(Disk disk, Path directory, List<Path> found) {
    if (found.contains(directory.resolve(IDENTITY))) {
      Path note = directory.resolve(NOTE);
      throw new StorageException.Fenced(directory, found.contains(note) ? read(disk, note) : "");
    }
  }

  private static String read(Disk disk, Path note) {
    try (Disk.File file = disk.openToRead(note)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(MAX_NOTE_BYTES, file.size()));
      file.read(bytes, 0);
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
