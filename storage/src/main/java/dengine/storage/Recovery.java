package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Finds out what the log is, when it is opened.
///
/// The first file that counts is the one that the last release names: compaction deletes the files
/// before it, after it has written that down, durably. So a log that begins later was robbed, and
/// files before it are what a crash in the middle of deleting leaves. They must not count: from the
/// start of any of them the log can be followed only if nothing behind it was truncated further.
///
/// The frames that count are the longest chain from the first file's start in which every checksum
/// is right. Behind its end `S` there may be bytes. Whether they are an incomplete last batch,
/// which is cut, or a sign of corruption, which is refused, is decided by what is known to have
/// been durable:
///
///  - A file that is followed by another was synced before the other came to be, up to the end
///    that the other's header names. So in it, anything but that end is corruption.
///  - In the last file, every frame and mark says up to where the file was durable when it was
///    written. Let `M` be the largest such offset in any frame header that verifies, before or
///    behind `S`. If `M > S`, bytes that were durable are damaged: corruption. If `M <= S`,
///    everything from `S` on was written after the last sync that left a trace. Between two syncs
///    the kernel writes pages in any order, so a damaged frame with intact ones behind it is a
///    legitimate remainder of a crash and not a sign of damage; what is behind `S` was never
///    synced, hence never acknowledged, and is cut.
///
/// The trace of the last sync is the mark written behind it. It is not itself synced (that would
/// double the syncs), so after a power cut within the seconds that the kernel keeps it back,
/// damage to the very last synced frames cannot be told from a batch never completed. From the
/// next frame, the next write-back or a clean [SegmentedLogStore#close] on, it can.
///
/// Then what is kept above `M` is written again and synced: it may only ever have been in memory,
/// and memory may claim to be in step with a disk that refused it. What is cut is overwritten with
/// zeros, so that no later reader can take it for a continuation (rule S3).
final class Recovery {

  /// What the log is.
  ///
  /// @param end where the frames end in the last file; all before it is durable
  /// @param writer ready to write the next frame
  /// @param lastTime cluster time of the last entry
  record Result(
      LogReplay log,
      Segment last,
      int end,
      FrameWriter writer,
      long lastTime,
      Optional<CutTail> cut) {}

  /// Whether the log is only looked at.
  enum Mode {
    /// What is found is made durable, and what does not count removed.
    REPAIR,
    /// Nothing is changed.
    LOOK
  }

  private static final int WINDOW_BYTES = 1 << 20;

  private final Disk disk;
  private final Path directory;
  private final Identity owner;
  private final Mode mode;
  private final EntryReader reader;
  private LogReplay log = new LogReplay(SegmentHeader.Start.OF_LOG);
  private long number = 1;
  private int chain;
  private int synced = SegmentHeader.BYTES;

  Recovery(Disk disk, Path directory, Identity owner, Mode mode, EntryReader reader) {
    this.disk = disk;
    this.directory = directory;
    this.owner = owner;
    this.mode = mode;
    this.reader = reader;
  }

  /// Reads and, where necessary, repairs the log.
  ///
  /// @param paths of the log's files in order, at least one
  /// @throws StorageException when they cannot be read or must not be used
  Result run(List<Path> paths) {
    List<Path> counting = upToTheLast(paths);
    List<Segment> segments = new ArrayList<>();
    try {
      for (Path path : counting) {
        segments.add(open(path, numberOf(counting.getFirst()) + segments.size()));
      }
      // One window for all files: direct memory is given back late.
      int largest = segments.stream().mapToInt(it -> it.header().capacity()).max().orElseThrow();
      ByteBuffer window = ByteBuffer.allocateDirect(Math.min(WINDOW_BYTES, largest));
      long first = segments.getFirst().header().number();
      long released = releasedBy(new SegmentScan(segments.getLast(), window), first);
      while (segments.getFirst().header().number() < released) {
        Failures.closeAfter(segments.removeFirst().file());
      }
      startAt(segments.getFirst().header());
      for (int i = 0; i + 1 < segments.size(); i++) {
        follow(new SegmentScan(segments.get(i), window), segments.get(i + 1).header());
      }
      Result result = followLast(new SegmentScan(segments.getLast(), window));
      if (mode == Mode.REPAIR) {
        deleteRest(paths.subList(0, paths.size() - segments.size()));
      }
      return result;
    } catch (RuntimeException e) {
      segments.forEach(segment -> Failures.closeAfter(segment.file()));
      throw e;
    }
  }

  /// The files up to the last one without a gap.
  private static List<Path> upToTheLast(List<Path> paths) {
    int first = paths.size() - 1;
    while (first > 0 && numberOf(paths.get(first - 1)) == numberOf(paths.get(first)) - 1) {
      first--;
    }
    return paths.subList(first, paths.size());
  }

  private static long numberOf(Path file) {
    return SegmentFiles.number(file).orElseThrow();
  }

  /// Number of the first file that counts, as the last file says.
  ///
  /// @param first number of the first file that is there
  private long releasedBy(SegmentScan scan, long first) {
    SegmentHeader last = scan.segment().header();
    synced = SegmentHeader.BYTES;
    number = last.start().frame();
    chain = last.start().chain();
    long[] released = {last.start().released()};
    int end =
        followFrames(scan, header -> released[0] = Math.max(released[0], scan.released(header)));
    if (scan.headerAt(end).filter(header -> header.type() == FrameHeader.SEAL).isPresent()) {
      throw missing(last.number() + 1);
    }
    if (released[0] > last.number()) {
      throw scan.corrupt(end, "files before " + released[0] + " are released");
    }
    if (released[0] < first) {
      restBehind(scan, end); // perhaps the release was there, and is damaged
      throw missing(first - 1);
    }
    return released[0];
  }

  private void startAt(SegmentHeader first) {
    SegmentHeader.Start start = first.number() == 1 ? SegmentHeader.Start.OF_LOG : first.start();
    log = new LogReplay(start);
    number = start.frame();
    chain = start.chain();
  }

  /// Files that were released, and whose deletion was not remembered.
  private void deleteRest(List<Path> rest) {
    for (Path file : rest) {
      try {
        disk.delete(file);
      } catch (IOException e) {
        throw Failures.of("delete", file, 0, e);
      }
    }
  }

  private Segment open(Path path, long expected) {
    Disk.File file = null;
    try {
      file = mode == Mode.REPAIR ? disk.open(path) : disk.openToRead(path);
      ByteBuffer bytes = ByteBuffer.allocate(SegmentHeader.BYTES);
      file.read(bytes, 0);
      SegmentHeader header = SegmentHeader.decode(path, bytes.flip());
      if (!header.owner().equals(owner)) {
        throw new StorageException.ForeignIdentity(directory, header.owner(), owner);
      }
      if (header.number() != expected) {
        throw new StorageException.Corrupt(path, 0, "this is file number " + header.number());
      }
      // A file has its size before it has its name; no crash makes it shorter.
      if (file.size() != header.capacity()) {
        throw new StorageException.Corrupt(
            path,
            Math.min(file.size(), header.capacity()),
            "the file has " + file.size() + " bytes instead of " + header.capacity());
      }
      return new Segment(path, file, header);
    } catch (IOException e) {
      Failures.closeAfter(file);
      throw Failures.of("open", path, 0, e);
    } catch (RuntimeException e) {
      Failures.closeAfter(file);
      throw e;
    }
  }

  private void follow(SegmentScan scan, SegmentHeader next) {
    begin(scan.segment());
    int end = followFrames(scan, header -> scan.replay(header, log));
    if (end != next.previousEnd() || chain != next.start().chain()) {
      throw scan.corrupt(
          end, "a frame does not verify, the next file says they end at " + next.previousEnd());
    }
  }

  private Result followLast(SegmentScan scan) {
    Segment segment = scan.segment();
    begin(segment);
    int end = followFrames(scan, header -> scan.replay(header, log));
    SegmentScan.Rest rest = restBehind(scan, end);
    Optional<CutTail> cut =
        rest.dirtyEnd() > rest.from()
            ? Optional.of(new CutTail(segment.path(), end, rest.dirtyEnd() - end))
            : Optional.empty();
    if (mode == Mode.REPAIR) {
      repair(segment, scan, end, cut);
    }
    long lastTime = reader.lastTime(log.shape(), log.index());
    return new Result(log, segment, end, new FrameWriter(number, chain), lastTime, cut);
  }

  /// What is behind the frames of the last file.
  ///
  /// @throws StorageException.Corrupt when some of it was durable
  private SegmentScan.Rest restBehind(SegmentScan scan, int end) {
    Optional<FrameHeader> mark = scan.headerAt(end).filter(header -> isMark(header));
    mark.ifPresent(found -> synced = Math.max(synced, found.synced()));
    SegmentScan.Rest rest = scan.searchFrom(mark.isPresent() ? end + FrameHeader.BYTES : end);
    synced = Math.max(synced, rest.synced());
    if (synced > end) {
      throw scan.corrupt(end, "a frame does not verify that was durable, as all before " + synced);
    }
    return rest;
  }

  private StorageException.Corrupt missing(long file) {
    Path path = directory.resolve(SegmentFiles.name(file));
    return new StorageException.Corrupt(path, 0, "the file is missing");
  }

  private void begin(Segment segment) {
    LogShape shape = log.shape();
    SegmentHeader.Start found =
        new SegmentHeader.Start(
            number,
            chain,
            shape.hardState(),
            shape.last(),
            reader.lastTime(shape, log.index()),
            shape.released());
    if (!segment.header().start().equals(found)) {
      throw new StorageException.Corrupt(
          segment.path(), 0, "starts at " + segment.header().start() + ", expected " + found);
    }
    synced = SegmentHeader.BYTES;
    log.index().add(segment);
  }

  /// Follows the chain as far as it goes, and gives back where it ends.
  private int followFrames(SegmentScan scan, Consumer<FrameHeader> change) {
    int end = SegmentHeader.BYTES;
    while (true) {
      Optional<FrameHeader> found = scan.headerAt(end);
      if (found.isEmpty()) {
        return end;
      }
      FrameHeader header = found.get();
      // No crash leaves a header that verifies in this place but continues something else.
      if (header.number() != number || header.previous() != chain || header.synced() > end) {
        throw scan.corrupt(end, "out of order after frame " + (number - 1) + ": " + header);
      }
      if (isMark(header) || !scan.bodyVerifies(header)) {
        return end;
      }
      change.accept(header);
      synced = Math.max(synced, header.synced());
      number++;
      chain = header.crc();
      end = header.end();
    }
  }

  private static boolean isMark(FrameHeader header) {
    return header.type() != FrameHeader.CHANGE;
  }

  private void repair(Segment segment, SegmentScan scan, int end, Optional<CutTail> cut) {
    try {
      scan.rewrite(synced, end);
      if (cut.isPresent()) {
        segment.file().zero(end, end + cut.get().bytes());
      }
      if (synced < end || cut.isPresent()) {
        segment.file().force(Disk.File.Extent.DATA);
      }
      disk.forceDirectory(directory);
    } catch (IOException e) {
      throw Failures.of("repair", segment.path(), 0, e);
    }
  }
}
