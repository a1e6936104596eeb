package dengine.storage;

import java.time.InstantSource;

/// How a data directory is written. None of it is remembered: another start may choose otherwise.
///
/// @param disk where the files are
/// @param segmentBytes size of a full log file in bytes, [#MIN_SEGMENT_BYTES] to
///     [#MAX_SEGMENT_BYTES]; the first files of a log are smaller, so that a new node starts at
///     once
/// @param maxBatchBytes bytes gathered into one write, 4 KiB to 64 MiB; one change that needs more
///     is written on its own
/// @param inBackground whether threads of their own fill the next file with zeros before it is
///     needed, and give back the space of files that are not needed any more; a simulation, which
///     wants the same calls each time, says no
/// @param wallClock what snapshots are dated with
public record StorageOptions(
    Disk disk, int segmentBytes, int maxBatchBytes, boolean inBackground, InstantSource wallClock) {

  /// Smallest size of a log file in bytes.
  public static final int MIN_SEGMENT_BYTES = 4 << 10;

  /// Largest size of a log file in bytes.
  public static final int MAX_SEGMENT_BYTES = 1 << 30;

  /// Largest size of one change, as stored, in bytes: several times the largest that the core asks
  /// for, which is one entry of [dengine.raft.Entry#MAX_PAYLOAD_BYTES].
  public static final int MAX_CHANGE_BYTES = 256 << 20;

  /// Files of 64 MiB on the disk of this machine.
  public static final StorageOptions DEFAULT =
      new StorageOptions(Disk.system(), 64 << 20, 4 << 20, true, InstantSource.system());

  public StorageOptions {
    within("segmentBytes", segmentBytes, MIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES);
    within("maxBatchBytes", maxBatchBytes, 4 << 10, 64 << 20);
  }

  /// The same with another disk.
  public StorageOptions withDisk(Disk other) {
    return new StorageOptions(other, segmentBytes, maxBatchBytes, inBackground, wallClock);
  }

  /// The same with another size of log files, in bytes.
  public StorageOptions withSegmentBytes(int bytes) {
    return new StorageOptions(disk, bytes, maxBatchBytes, inBackground, wallClock);
  }

  /// The same with the next file prepared by the log's thread, when it is needed.
  public StorageOptions withoutBackground() {
    return new StorageOptions(disk, segmentBytes, maxBatchBytes, false, wallClock);
  }

  /// The same with another clock.
  public StorageOptions withWallClock(InstantSource clock) {
    return new StorageOptions(disk, segmentBytes, maxBatchBytes, inBackground, clock);
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is " + value + " bytes, permitted are " + least + " to " + most);
    }
  }
}
