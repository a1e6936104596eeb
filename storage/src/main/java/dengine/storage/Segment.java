package dengine.storage;

import java.nio.file.Path;

/// An open file of the log.
record Segment(Path path, Disk.File file, SegmentHeader header) {

  /// The longest frame that a file of `capacity` bytes can end with leaves room for a mark behind
  /// it.
  static boolean fits(int end, long frameBytes, int capacity) {
    return end + frameBytes + FrameHeader.BYTES <= capacity;
  }
}
