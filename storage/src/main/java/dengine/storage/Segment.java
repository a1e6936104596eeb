package dengine.storage;

import java.nio.file.Path;

/// An open file of the log.
record Segment(Path path, Disk.File file, SegmentHeader header) {

  /// Bytes at the end of a file that frames leave free: for a mark right behind the last frame, and
  /// for the mark that is written far from it when the log is closed.
  static final int RESERVED_BYTES = 2 * FrameHeader.BYTES;

  /// Whether a frame can be written at `end` in a file of `capacity` bytes.
  static boolean fits(int end, long frameBytes, int capacity) {
    return end + frameBytes + RESERVED_BYTES <= capacity;
  }

  /// Where the distant mark is: one damaged sector can hit the last frame and the mark behind it,
  /// but not this one too.
  static int distantMark(int capacity) {
    return capacity - FrameHeader.BYTES;
  }
}
