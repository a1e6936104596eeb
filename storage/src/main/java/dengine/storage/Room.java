package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.file.Path;

/// How much of a disk snapshots leave free: the log's next file has to fit, because a log that
/// cannot be written stops the node, and a snapshot that cannot be does not.
///
/// @param reservedBytes what is kept free
record Room(Disk disk, Path directory, long reservedBytes) {

  /// Refuses to write more than there is room for.
  ///
  /// @param file to be written
  /// @param bytes that it will take
  /// @throws StorageException.DiskFull when they do not fit
  void require(Path file, long bytes) {
    long free;
    try {
      free = disk.freeBytes(directory);
    } catch (IOException e) {
      throw Failures.of("ask for free space", directory, 0, e);
    }
    long needed = bytes + reservedBytes;
    if (free < needed) {
      throw new StorageException.DiskFull(file, needed, new IOException(free + " bytes are free"));
    }
  }
}
