package dengine.rocksdb;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/// What RocksDB says, as errors that say what happened, where, and what to do.
final class Failures {

  private static final String ADVICE =
      "; the log has everything: if the directory is damaged, stop the node, move the directory"
          + " away, and start the node again";

  private Failures() {}

  static StorageException of(String what, Path where, RocksDBException failure) {
    Status status = failure.getStatus();
    if (status != null && status.getSubCode() == Status.SubCode.NoSpace) {
      return new StorageException.DiskFull(where, 0, failure);
    }
    String code = status == null ? "" : status.getCode() + ": ";
    return new StorageException.IoFailure(
        what, where, new IOException(code + failure.getMessage() + ADVICE, failure));
  }

  static StorageException of(String what, Path where, IOException failure) {
    return new StorageException.IoFailure(what, where, failure);
  }

  /// Stored bytes that this program did not write.
  static StorageException damaged(Path where, String what) {
    return new StorageException.IoFailure("reading", where, new IOException(what + ADVICE));
  }
}
