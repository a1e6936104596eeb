package dengine.storage;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/// Makes log files. A file is filled with zeros and durable before it gets its name: syncing a
/// file that grows costs about twice as much, each time. The next one is prepared while the
/// present one is being written, by a thread that lives only for that; there is at most one in
/// advance. Belongs to the log thread.
final class SegmentFiles {

  /// Size of the first file of a log in bytes; each later one is twice as large up to the
  /// configured size, so that a new node does not start by writing 64 MiB of zeros.
  private static final int FIRST_BYTES = 4 << 20;

  private static final int ZERO_STEP_BYTES = 4 << 20;
  private static final String SPARE = "spare.seg";

  private record Spare(Disk.File file, int capacity) {}

  private final Disk disk;
  private final Path directory;
  private final StorageOptions options;
  private final Disposal disposal;
  private final Preparation<Spare> next =
      new Preparation<>(Thread.ofPlatform().daemon().name("dengine-log-prepare").factory());

  SegmentFiles(Path directory, StorageOptions options, Disposal disposal) {
    this.disk = options.disk();
    this.directory = directory;
    this.options = options;
    this.disposal = disposal;
  }

  /// The file with this number.
  Path path(long number) {
    return directory.resolve(name(number));
  }

  /// The name of the file with this number.
  static String name(long number) {
    return String.format(Locale.ROOT, "log-%020d.seg", number);
  }

  /// The number in a log file's name, or empty if it is another file.
  static OptionalLong number(Path file) {
    String name = String.valueOf(file.getFileName());
    try {
      return name.matches("log-\\d{20}\\.seg")
          ? OptionalLong.of(Long.parseLong(name, 4, 24, 10))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty(); // more than can be counted
    }
  }

  /// Whether this is a file in preparation, which holds nothing.
  static boolean isSpare(Path file) {
    return String.valueOf(file.getFileName()).equals(SPARE);
  }

  /// Bytes of the file with this number, if one frame of `frameBytes` must fit.
  int capacity(long number, long frameBytes) {
    long doubled = (long) FIRST_BYTES << Math.min(number - 1, 16);
    long planned = Math.min(options.segmentBytes(), doubled);
    long needed = SegmentHeader.BYTES + frameBytes + Segment.RESERVED_BYTES;
    return (int) Math.max(planned, needed);
  }

  /// Starts to prepare the file with this number, if none is being prepared.
  void prepare(long number) {
    if (options.inBackground()) {
      int capacity = capacity(number, 0);
      next.begin(() -> makeSpare(capacity));
    }
  }

  /// Creates a log file. When this returns, the file, its header and its name are durable (rule
  /// D15).
  Segment create(SegmentHeader header) {
    Path path = path(header.number());
    Disk.File file = null;
    try {
      file = spare(header.capacity()).file();
      file.write(header.encode(), 0);
      file.force(Disk.File.Extent.ALL);
      disk.rename(directory.resolve(SPARE), path);
      disk.forceDirectory(directory);
      return new Segment(path, file, header);
    } catch (IOException e) {
      abandon(file);
      throw Failures.of("creating a log file", path, header.capacity(), e);
    }
  }

  /// Deletes log files that are closed, oldest first. A crash may leave any of them.
  void delete(List<Segment> segments) {
    try {
      disposal.takeNames(segments.stream().map(Segment::path).toList()).forEach(disposal::giveBack);
    } catch (IOException e) {
      throw Failures.of("delete", segments.getFirst().path(), 0, e);
    }
  }

  /// Gives up the file in preparation.
  void close() {
    next.giveUp();
    try {
      Optional<Spare> spare = next.take();
      if (spare.isPresent()) {
        discard(spare.get().file());
      }
    } catch (IOException | StorageException e) {
      // What could not be prepared is not needed any more; an unfinished file is deleted at the
      // next start.
    }
  }

  private Spare spare(int capacity) throws IOException {
    Optional<Spare> prepared = Optional.empty();
    try {
      prepared = next.take();
    } catch (StorageException.DiskFull e) {
      // Space may have come back since: the try below decides.
    }
    if (prepared.isPresent() && prepared.get().capacity() == capacity) {
      return prepared.get();
    }
    if (prepared.isPresent()) {
      discard(prepared.get().file());
    }
    try {
      return makeSpare(capacity);
    } catch (StorageException.DiskFull e) {
      disposal.finish(); // what is on its way out may be as large as what is missing
      return makeSpare(capacity);
    }
  }

  private Spare makeSpare(int capacity) {
    Path path = directory.resolve(SPARE);
    Disk.File file = null;
    try {
      file = disk.create(path);
      for (long at = 0; at < capacity; at += ZERO_STEP_BYTES) {
        if (next.isGivenUp()) {
          throw new CancellationException();
        }
        file.zero(at, Math.min(capacity, at + ZERO_STEP_BYTES));
      }
      file.force(Disk.File.Extent.ALL);
      return new Spare(file, capacity);
    } catch (IOException e) {
      abandon(file);
      throw Failures.of("preparing a log file", path, capacity, e);
    } catch (CancellationException e) {
      abandon(file);
      throw e;
    }
  }

  private void discard(Disk.File file) throws IOException {
    file.close();
    disk.delete(directory.resolve(SPARE));
  }

  /// After a failure: gives space and handle back if that is possible. The failure that led here
  /// is what is reported.
  private void abandon(Disk.@Nullable File file) {
    try {
      if (file != null) {
        discard(file);
      }
    } catch (IOException e) {
      // The first failure matters; what is left over is deleted at the next start.
    }
  }
}
