package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What an operating system's refusal means to the operator.
final class Failures {

  private Failures() {}

  /// The typed form of a failure.
  ///
  /// @param what was tried
  /// @param where the file or directory
  /// @param bytes that were to be written, 0 if none
  static StorageException of(String what, Path where, long bytes, IOException cause) {
    String reason = String.valueOf(cause.getMessage());
    // The JDK has no type for a full disk; these are the texts of ENOSPC and EDQUOT.
    if (reason.contains("No space left on device") || reason.contains("Disk quota exceeded")) {
      return new StorageException.DiskFull(where, bytes, cause);
    }
    if (cause instanceof AccessDeniedException || reason.contains("Read-only file system")) {
      return new StorageException.NotWritable(where, cause);
    }
    return new StorageException.IoFailure(what, where, cause);
  }

  /// Closes after a failure, which is the one to report.
  static void closeAfter(@Nullable Closeable file) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }
}
