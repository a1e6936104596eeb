package dengine.embedded;

import static dengine.embedded.Meters.BYTES;
import static dengine.embedded.Meters.ENTRIES;

import dengine.engine.SnapshotOptions;
import dengine.storage.StorageOptions;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A node's log, how large it may become, and the disk that it is on.
final class StorageMeters {

  private StorageMeters() {}

  /// @param files how the files in the data directory are laid out, if that is where the data is
  static void bind(Meters meters, EngineConfig config, Optional<StorageOptions> files) {
    meters.timer(
        "dengine.log.fsync",
        "syncs of the log",
        e -> e.node().storageActivity().forces(),
        e -> e.node().storageActivity().forceNanos());
    meters.gauge(
        "dengine.disposal.waiting",
        BYTES,
        "files that have lost their names, and whose space is still being given back",
        e -> e.node().storageActivity().disposalBytes());
    meters.statusGauge(
        "dengine.log.entries",
        ENTRIES,
        "entries in the log",
        s -> s.lastIndex() - s.history().firstIndex() + 1);
    SnapshotOptions snapshots = config.snapshots();
    long entries = snapshots.policy().maxEntries();
    if (entries != Long.MAX_VALUE) {
      double most = snapshots.retainedLogEntries() + 2.0 * entries;
      meters.gauge(
          "dengine.log.limit.entries",
          ENTRIES,
          "entries that a healthy log stays below: those retained, and twice what a snapshot is"
              + " taken after",
          _ -> most);
    }
    files.ifPresent(layout -> bindFiles(meters, config.dataDir(), snapshots, layout));
  }

  private static void bindFiles(
      Meters meters, Path data, SnapshotOptions snapshots, StorageOptions layout) {
    meters.gauge("dengine.log.bytes", BYTES, "size of the log's files", _ -> bytes(data));
    long bytes = snapshots.policy().maxBytes();
    if (bytes != Long.MAX_VALUE) {
      double most = snapshots.retainedLogBytes() + 2.0 * bytes + 3.0 * layout.segmentBytes();
      meters.gauge(
          "dengine.log.limit.bytes",
          BYTES,
          "size that a healthy log stays below: what is retained, twice what a snapshot is"
              + " taken after, and three files",
          _ -> most);
    }
    meters.gauge(
        "dengine.disk.free",
        BYTES,
        "free space where the data is",
        _ -> data.toFile().getUsableSpace());
    meters.gauge(
        "dengine.disk.total",
        BYTES,
        "all space where the data is",
        _ -> data.toFile().getTotalSpace());
  }

  /// The files have their full size from the beginning, so this is what they take from the disk.
  private static double bytes(Path directory) {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "log-*.seg")) {
      for (Path file : files) {
        bytes += Files.size(file);
      }
    } catch (IOException | DirectoryIteratorException gone) {
      // A file may be deleted while it is looked at: the next reading tells.
      return Double.NaN;
    }
    return bytes;
  }
}
