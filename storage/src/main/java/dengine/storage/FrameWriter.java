package dengine.storage;

import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;

/// Turns changes into frames, each chained to the one before. One change, one frame: found whole
/// or not at all. The body is `[term:8 vote:4] [resetIndex:8 resetTerm:8 resetTime:8]
/// [truncateFrom:8] [released:8] [firstIndex:8 entries]`. Belongs to the log thread.
final class FrameWriter {

  private final Checksum checksum = new Checksum();
  private final EntryCodec entries = new EntryCodec();
  private long number;
  private int chain;

  /// @param number of the next frame
  /// @param chain checksum of the frame before
  FrameWriter(long number, int chain) {
    this.number = number;
    this.chain = chain;
  }

  /// Bytes a frame takes that releases files.
  static final int RELEASE_BYTES = FrameHeader.BYTES + Long.BYTES;

  private static final int RESET_BYTES = 3 * Long.BYTES;

  /// Number of the next frame.
  long number() {
    return number;
  }

  /// Checksum of the last frame.
  int chain() {
    return chain;
  }

  /// Bytes the change takes as a frame; more than fits an `int` if it is too large.
  static long sizeOf(Persist change) {
    long size = (long) FrameHeader.BYTES + bodyBeforeEntries(change);
    for (Entry entry : change.entries()) {
      size += EntryCodec.OVERHEAD_BYTES + entry.payload().length;
    }
    return size;
  }

  /// Bytes of the body before its first entry.
  static int bodyBeforeEntries(Persist change) {
    return (change.hardState().isPresent() ? Long.BYTES + Integer.BYTES : 0)
        + (change.reset().isPresent() ? RESET_BYTES : 0)
        + (change.truncateFrom() > 0 ? Long.BYTES : 0)
        + (change.entries().isEmpty() ? 0 : Long.BYTES);
  }

  /// Appends a change to the buffer.
  ///
  /// @param offset of the frame in the file
  /// @param synced offset up to which the file is durable
  void encode(Persist change, SegmentHeader segment, int offset, int synced, ByteBuffer target) {
    int start = target.position();
    int body = start + FrameHeader.BYTES;
    byte flags = 0;
    target.position(body);
    if (change.hardState().isPresent()) {
      HardState state = change.hardState().get();
      target.putLong(state.term()).putInt(state.vote());
      flags |= FrameHeader.HAS_HARD_STATE;
    }
    if (change.reset().isPresent()) {
      SnapshotPoint point = change.reset().get();
      target.putLong(point.position().index()).putLong(point.position().term());
      target.putLong(point.time());
      flags |= FrameHeader.HAS_RESET;
    }
    if (change.truncateFrom() > 0) {
      target.putLong(change.truncateFrom());
      flags |= FrameHeader.HAS_TRUNCATION;
    }
    if (!change.entries().isEmpty()) {
      target.putLong(change.entries().getFirst().index());
      for (Entry entry : change.entries()) {
        entries.encode(entry, target);
      }
    }
    finish(flags, change.entries().size(), segment, offset, synced, target, start);
  }

  /// Appends to the buffer that files before `released` are not needed any more.
  void encodeRelease(
      long released, SegmentHeader segment, int offset, int synced, ByteBuffer target) {
    int start = target.position();
    target.position(start + FrameHeader.BYTES).putLong(released);
    finish(FrameHeader.HAS_RELEASE, 0, segment, offset, synced, target, start);
  }

  private void finish(
      byte flags,
      int entryCount,
      SegmentHeader segment,
      int offset,
      int synced,
      ByteBuffer target,
      int start) {
    int body = start + FrameHeader.BYTES;
    int length = target.position() - body;
    int bodyCrc = checksum.of(segment.seed(), offset, target, body, target.position());
    FrameHeader header =
        header(FrameHeader.CHANGE, offset, length, bodyCrc, synced, flags, entryCount);
    chain = FrameHeader.encode(header, segment.seed(), checksum, target, start);
    number++;
  }

  /// Puts a mark into an empty buffer, ready to be written. It is no link of the chain: the next
  /// frame takes its place.
  ///
  /// @param type [FrameHeader#MARK] or [FrameHeader#SEAL]
  /// @param offset of the mark in the file
  /// @param end where the frames end, all of it durable
  void mark(byte type, SegmentHeader segment, int offset, int end, ByteBuffer target) {
    FrameHeader header = header(type, offset, 0, 0, end, (byte) 0, 0);
    FrameHeader.encode(header, segment.seed(), checksum, target.clear(), 0);
    target.limit(FrameHeader.BYTES);
  }

  private FrameHeader header(
      byte type, int offset, int length, int bodyCrc, int synced, byte flags, int entryCount) {
    return new FrameHeader(
        offset, length, bodyCrc, number, chain, 0, synced, type, flags, entryCount);
  }
}
