package dengine.storage;

import java.nio.file.Path;

/// What recovery took away: the end of a log that was being written, and had not been synced, when
/// the node or the machine stopped. Nothing that was ever acknowledged after a sync is in it.
///
/// @param file the log file
/// @param offset where the incomplete batch started, in bytes
/// @param bytes how many were cleared
public record CutTail(Path file, long offset, long bytes) {
  @Override
  public String toString() {
    return "incomplete last batch: file=" + file + " offset=" + offset + " bytes=" + bytes;
  }
}
