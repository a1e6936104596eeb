package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/// Reads one log file from front to back during recovery, through a window that slides over it.
/// Lengths are believed only when the checksum over them is right and they stay within the file.
/// Belongs to the thread that opens the log.
final class SegmentScan {

  /// What lies behind the last frame that counts.
  ///
  /// @param from where it starts
  /// @param synced the largest offset that a frame found there says is durable, 0 if there is none
  /// @param dirtyEnd where only zeros follow; the start of the searched range if it is all zeros
  record Rest(int from, int synced, int dirtyEnd) {}

  private final Segment segment;
  private final int capacity;
  private final int distantMark;
  private final Checksum checksum = new Checksum();
  private final EntryCodec codec = new EntryCodec();
  private ByteBuffer window;
  private int windowStart;
  private int windowEnd;

  /// @param window to read through; replaced by a larger one where a frame needs it
  SegmentScan(Segment segment, ByteBuffer window) {
    this.segment = segment;
    this.capacity = segment.header().capacity();
    this.distantMark = Segment.distantMark(capacity);
    this.window = window;
  }

  Segment segment() {
    return segment;
  }

  /// The header of a frame at this offset, or empty if there is none.
  Optional<FrameHeader> headerAt(int offset) {
    if (offset + FrameHeader.BYTES > distantMark) {
      return Optional.empty();
    }
    int at = load(offset, FrameHeader.BYTES);
    Optional<FrameHeader> header =
        FrameHeader.decode(window, at, offset, segment.header().seed(), checksum);
    header.ifPresent(this::requireSane);
    return header;
  }

  /// Whether the body is what was written with this header.
  boolean bodyVerifies(FrameHeader header) {
    int at = load(header.offset() + FrameHeader.BYTES, header.bodyLength());
    int actual =
        checksum.of(segment.header().seed(), header.offset(), window, at, at + header.bodyLength());
    return actual == header.bodyCrc();
  }

  /// Number of the first file that is still needed, if this frame, whose body verified, says so; 0
  /// otherwise.
  long released(FrameHeader header) {
    boolean says = header.flags() == FrameHeader.HAS_RELEASE && header.bodyLength() == Long.BYTES;
    return says
        ? window.getLong(load(header.offset() + FrameHeader.BYTES, header.bodyLength()))
        : 0;
  }

  /// Follows a change whose body verified.
  ///
  /// @throws StorageException.Corrupt when the change does not follow from what was before
  void replay(FrameHeader header, LogReplay log) {
    int at = load(header.offset() + FrameHeader.BYTES, header.bodyLength());
    try {
      replayBody(header, at, log);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw corrupt(header.offset(), "a frame holds nonsense: " + e.getMessage());
    }
  }

  /// Searches what lies behind the frames that count, for evidence and for anything but zeros.
  ///
  /// @param from where to start
  Rest searchFrom(int from) {
    int synced = 0;
    int dirtyEnd = from;
    int at = from;
    while (at < distantMark) {
      int length = Math.min(window.capacity(), distantMark - at);
      int base = load(at, length);
      // A header that starts in the last bytes of the window is looked at in the next one.
      int step = at + length == distantMark ? length : length - FrameHeader.BYTES + 1;
      int i = 0;
      while (i < step) {
        if (i + Long.BYTES <= step && window.getLong(base + i) == 0) {
          i += Long.BYTES;
          continue;
        }
        if (window.get(base + i) != 0) {
          dirtyEnd = at + i + 1;
          synced = Math.max(synced, syncedBy(base + i, at + i, base + length));
        }
        i++;
      }
      at += step;
    }
    int base = load(distantMark, FrameHeader.BYTES);
    synced = Math.max(synced, syncedBy(base, distantMark, base + FrameHeader.BYTES));
    return new Rest(from, synced, dirtyEnd);
  }

  /// Writes bytes again as they were read. A page whose write-back failed is clean to the kernel:
  /// a sync alone would report success and write nothing.
  void rewrite(int from, int to) {
    int at = from;
    while (at < to) {
      int length = Math.min(window.capacity(), to - at);
      int base = load(at, length);
      try {
        segment.file().write(window.duplicate().limit(base + length).position(base), at);
      } catch (IOException e) {
        throw Failures.of("write", segment.path(), length, e);
      }
      at += length;
    }
  }

  StorageException.Corrupt corrupt(int offset, String what) {
    return new StorageException.Corrupt(segment.path(), offset, what);
  }

  private int syncedBy(int position, int offset, int end) {
    if (position + FrameHeader.BYTES > end) {
      return 0;
    }
    return FrameHeader.decode(window, position, offset, segment.header().seed(), checksum)
        .map(FrameHeader::synced)
        .orElse(0);
  }

  private void requireSane(FrameHeader header) {
    boolean known =
        switch (header.type()) {
          case FrameHeader.CHANGE ->
              header.bodyLength() >= 0
                  && header.entries() >= 0
                  && Segment.fits(
                      header.offset(), (long) FrameHeader.BYTES + header.bodyLength(), capacity);
          case FrameHeader.MARK, FrameHeader.SEAL -> header.bodyLength() == 0;
          default -> false;
        };
    if (!known) {
      throw corrupt(header.offset(), "a frame of unknown type or impossible length: " + header);
    }
  }

  private void replayBody(FrameHeader header, int start, LogReplay log) {
    int at = start;
    if ((header.flags() & FrameHeader.HAS_HARD_STATE) != 0) {
      log.hardState(new HardState(window.getLong(at), window.getInt(at + Long.BYTES)));
      at += Long.BYTES + Integer.BYTES;
    }
    if ((header.flags() & FrameHeader.HAS_RESET) != 0) {
      Position position = new Position(window.getLong(at), window.getLong(at + Long.BYTES));
      log.reset(position, window.getLong(at + 2 * Long.BYTES));
      at += 3 * Long.BYTES;
    }
    if ((header.flags() & FrameHeader.HAS_TRUNCATION) != 0) {
      log.truncate(window.getLong(at));
      at += Long.BYTES;
    }
    if ((header.flags() & FrameHeader.HAS_RELEASE) != 0) {
      log.release(window.getLong(at), segment.header().number());
      at += Long.BYTES;
    }
    long entry = 0;
    if (header.entries() > 0) {
      entry = window.getLong(at);
      at += Long.BYTES;
    }
    int end = start + header.bodyLength();
    int toOffset = header.offset() + FrameHeader.BYTES - start;
    for (int i = 0; i < header.entries(); i++, entry++) {
      int length = end - at < EntryCodec.OVERHEAD_BYTES ? -1 : EntryCodec.payloadLength(window, at);
      if (length < 0
          || length > end - at - EntryCodec.OVERHEAD_BYTES
          || !codec.verifies(entry, window, at, length)) {
        throw corrupt(at + toOffset, "entry " + entry + " does not verify");
      }
      EntryCodec.requireSense(window, at);
      log.append(entry, EntryCodec.term(window, at), at + toOffset, length);
      if (EntryCodec.isOf(Entry.Kind.MEMBERSHIP, window, at)) {
        codec.decode(entry, window, at, length).ifPresent(log::membership);
      }
      at += EntryCodec.OVERHEAD_BYTES + length;
    }
    if (at != end) {
      throw corrupt(header.offset(), (end - at) + " bytes too many in a frame");
    }
  }

  /// Makes a range of the file available and gives back where in the window it starts.
  private int load(int offset, int length) {
    if (offset >= windowStart && offset + length <= windowEnd) {
      return offset - windowStart;
    }
    if (length > window.capacity()) {
      window = ByteBuffer.allocateDirect(length);
    }
    try {
      window.clear().limit(Math.min(window.capacity(), capacity - offset));
      int read = segment.file().read(window, offset);
      window.clear();
      windowStart = offset;
      windowEnd = offset + read;
      if (read < length) {
        throw corrupt(windowEnd, "the file ends here");
      }
      return 0;
    } catch (IOException e) {
      throw Failures.of("read", segment.path(), 0, e);
    }
  }
}
