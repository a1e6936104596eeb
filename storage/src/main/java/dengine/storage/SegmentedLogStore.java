package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import dengine.storage.LogIndex.Placed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The log in files of fixed size. One change is one frame; all frames of one [#append] go to the
/// operating system in one write, and all that was appended becomes durable by one sync.
///
/// The log thread owns everything here except [LogIndex], which other threads read for [#read],
/// and the first failure, which they must see. The first failure is final: what a failed write or
/// sync left behind is unknown, and the kernel would report success for a second try (rule S1).
final class SegmentedLogStore implements LogStore {

  private static final int FIRST_BATCH_BYTES = 4 << 10;

  private final Identity owner;
  private final StorageOptions options;
  private final SegmentFiles files;
  private final Optional<CutTail> cut;
  private final Recovered recovered;
  private final LogIndex index;
  private final LogShape shape;
  private final FrameWriter writer;
  private final EntryReader reader = new EntryReader();
  private final ByteBuffer markBuffer = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private final List<Placed> placed = new ArrayList<>();
  private ByteBuffer batch;
  private @Nullable Segment active;
  private int synced;
  private int written;
  private int end;
  private volatile @Nullable RuntimeException failure;
  private volatile boolean closed;

  /// A log without files: [#begin] makes the first.
  SegmentedLogStore(Path directory, Identity owner, StorageOptions options, Disposal disposal) {
    this(directory, owner, options, disposal, List.of());
  }

  /// Opens a log.
  ///
  /// @param paths of its files, in order
  /// @throws StorageException when they cannot be read or must not be used
  SegmentedLogStore(
      Path directory, Identity owner, StorageOptions options, Disposal disposal, List<Path> paths) {
    this.owner = owner;
    this.options = options;
    this.files = new SegmentFiles(directory, options, disposal);
    this.batch = ByteBuffer.allocateDirect(FIRST_BATCH_BYTES);
    if (paths.isEmpty()) {
      this.index = new LogIndex();
      this.shape = new LogShape(SegmentHeader.Start.OF_LOG);
      this.writer = new FrameWriter(1, 0);
      this.cut = Optional.empty();
      this.recovered = new Recovered(HardState.INITIAL, RecoveredLog.EMPTY, List.of());
      return;
    }
    Recovery.Result result =
        new Recovery(options.disk(), directory, owner, Recovery.Mode.REPAIR, reader).run(paths);
    this.index = result.log().index();
    this.shape = result.log().shape();
    this.writer = result.writer();
    this.cut = result.cut();
    this.recovered =
        new Recovered(
            shape.repairedHardState(), shape.log(result.lastTime()), result.log().memberships());
    activate(result.last(), result.end());
  }

  /// Makes the first file of a new log, durably.
  void begin() {
    SegmentHeader.Start start = SegmentHeader.Start.OF_LOG;
    Segment first = files.create(SegmentHeader.of(owner, 1, files.capacity(1, 0), start, 0));
    index.add(first);
    activate(first, SegmentHeader.BYTES);
  }

  /// What recovery took away, if anything.
  Optional<CutTail> cut() {
    return cut;
  }

  @Override
  public Recovered recovered() {
    return recovered;
  }

  @Override
  public void append(List<Persist> changes) {
    Segment segment = usable();
    try {
      for (Persist change : changes) {
        segment = stage(change, segment);
      }
      flush(segment);
      if (end > segment.header().capacity() / 2) {
        files.prepare(segment.header().number() + 1);
      }
    } catch (RuntimeException e) {
      throw poison(e);
    }
  }

  @Override
  public void force() {
    Segment segment = usable();
    try {
      syncAndMark(segment);
    } catch (RuntimeException e) {
      throw poison(e);
    }
  }

  @Override
  public List<Entry> read(long from, long upTo, long maxBytes) {
    requireOpen();
    try {
      return reader.read(index, from, upTo, maxBytes);
    } catch (StorageException.OutOfRange e) {
      throw e; // a defect of the caller, not of the disk
    } catch (RuntimeException e) {
      throw poison(e);
    }
  }

  /// Deletes the files that are needed for no entry behind `upTo`. That they may be missing is
  /// durable before the first of them is, so that every crash leaves a log whose beginning can be
  /// told from a loss.
  @Override
  public void compact(Position upTo) {
    Segment segment = usable();
    try {
      long needed = index.neededFor(upTo.index());
      if (needed > shape.released()) {
        release(needed, segment);
      }
      LogIndex.Dropped dropped = index.drop(needed);
      dropped.begin().ifPresent(start -> shape.forgetUpTo(start.last(), start.lastTime()));
      if (!dropped.segments().isEmpty()) {
        reader.close(dropped.segments());
        files.delete(dropped.segments());
      }
    } catch (RuntimeException e) {
      throw poison(e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    files.close();
    Segment segment = active;
    try {
      if (segment != null && failure == null && synced == end) {
        // All is durable, and from now on damage to any of it can be told from a torn write.
        writeMark(FrameHeader.MARK, segment, end);
        writeMark(FrameHeader.MARK, segment, Segment.distantMark(segment.header().capacity()));
        force(segment);
      }
    } finally {
      reader.close(index.segments());
    }
  }

  /// Writes down, durably, that files before this number may be missing.
  private void release(long number, Segment current) {
    Segment segment = room(FrameWriter.RELEASE_BYTES, current);
    shape.release(number, segment.header().number());
    writer.encodeRelease(number, segment.header(), end, synced, batch);
    end += FrameWriter.RELEASE_BYTES;
    flush(segment);
    syncAndMark(segment);
  }

  /// Makes room for a frame, in the buffer and in the file; gives back the file.
  private Segment room(int size, Segment current) {
    Segment segment = current;
    if (!Segment.fits(end, size, segment.header().capacity())) {
      flush(segment);
      segment = roll(segment, size);
    }
    if (batch.remaining() < size) {
      makeRoom(segment, size);
    }
    return segment;
  }

  /// Encodes a change behind what is waiting to be written; gives back the file it goes to.
  private Segment stage(Persist change, Segment current) {
    int size = sizeOf(change);
    Segment segment = room(size, current);
    change.hardState().ifPresent(shape::hardState);
    change.reset().ifPresent(point -> shape.reset(point.position(), point.time()));
    if (change.truncateFrom() > 0) {
      shape.truncate(change.truncateFrom());
    }
    for (Entry entry : change.entries()) {
      shape.append(entry.index(), entry.term());
    }
    writer.encode(change, segment.header(), end, synced, batch);
    placed.add(new Placed(change, end));
    end += size;
    return segment;
  }

  private int sizeOf(Persist change) {
    for (Entry entry : change.entries()) {
      if (entry.payload().length > Entry.MAX_PAYLOAD_BYTES) {
        throw new IllegalArgumentException(
            entry + " is larger than an entry may be, " + Entry.MAX_PAYLOAD_BYTES + " bytes");
      }
    }
    long size = FrameWriter.sizeOf(change);
    if (size > StorageOptions.MAX_CHANGE_BYTES) {
      throw new IllegalArgumentException(
          "a change of " + size + " bytes, at most " + StorageOptions.MAX_CHANGE_BYTES);
    }
    return (int) size;
  }

  /// Grows the buffer up to `maxBatchBytes`, and beyond only for a single change that is larger.
  private void makeRoom(Segment segment, int size) {
    int wanted = Math.min(options.maxBatchBytes(), batch.capacity() * 2);
    if (batch.position() + size > options.maxBatchBytes()) {
      flush(segment);
      wanted = size;
    }
    wanted = Math.max(wanted, batch.position() + size);
    if (wanted > batch.capacity()) {
      batch = ByteBuffer.allocateDirect(wanted).put(batch.flip());
    }
  }

  private void flush(Segment segment) {
    if (batch.position() == 0) {
      return;
    }
    try {
      segment.file().write(batch.flip(), written);
    } catch (IOException e) {
      throw Failures.of("write", segment.path(), batch.limit(), e);
    }
    index.publish(placed);
    placed.clear();
    written = end;
    batch.clear();
    if (batch.capacity() > options.maxBatchBytes()) {
      batch = ByteBuffer.allocateDirect(options.maxBatchBytes());
    }
  }

  /// Goes on in a new file (rule D15): the old file is durable before the new one exists, the new
  /// one before anything is in it; then the old one is sealed, so that a missing file is noticed.
  private Segment roll(Segment old, int frameBytes) {
    sync(old);
    long number = old.header().number() + 1;
    SegmentHeader.Start start =
        new SegmentHeader.Start(
            writer.number(),
            writer.chain(),
            shape.hardState(),
            shape.last(),
            reader.lastTime(shape, index),
            shape.released());
    int capacity = files.capacity(number, frameBytes);
    Segment next = files.create(SegmentHeader.of(owner, number, capacity, start, end));
    index.add(next);
    writeMark(FrameHeader.SEAL, old, end);
    force(old);
    activate(next, SegmentHeader.BYTES);
    return next;
  }

  private void activate(Segment segment, int at) {
    active = segment;
    end = at;
    written = at;
    synced = at;
  }

  private void sync(Segment segment) {
    if (synced < end) {
      force(segment);
      synced = end;
    }
  }

  private void syncAndMark(Segment segment) {
    if (synced == end) {
      return;
    }
    sync(segment);
    // Not synced: it rides with the next sync or write-back. It tells recovery that what is before
    // it was durable, at the price of one small write to a page that is about to be written anyway.
    writeMark(FrameHeader.MARK, segment, end);
  }

  private static void force(Segment segment) {
    try {
      segment.file().force(Disk.File.Extent.DATA);
    } catch (IOException e) {
      throw Failures.of("sync", segment.path(), 0, e);
    }
  }

  private void writeMark(byte type, Segment segment, int offset) {
    writer.mark(type, segment.header(), offset, end, markBuffer);
    try {
      segment.file().write(markBuffer, offset);
    } catch (IOException e) {
      throw Failures.of("write", segment.path(), FrameHeader.BYTES, e);
    }
  }

  private Segment usable() {
    requireOpen();
    Segment segment = active;
    if (segment == null) {
      throw new IllegalStateException("the identity must be established before the log is used");
    }
    return segment;
  }

  private void requireOpen() {
    RuntimeException first = failure;
    if (first != null) {
      throw first;
    }
    if (closed) {
      throw new IllegalStateException("the log is closed");
    }
  }

  private synchronized RuntimeException poison(RuntimeException e) {
    if (failure == null) {
      failure = e;
    }
    return e;
  }
}
