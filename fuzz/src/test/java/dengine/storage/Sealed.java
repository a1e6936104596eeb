package dengine.storage;

import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.StorageException;
import dengine.fuzz.Meter;
import dengine.raft.Effect.Persist;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Log files made from any bytes, with checksums put right: behind a checksum that does not verify
/// no decoder gets far.
final class Sealed {

  static final Identity OWNER = new Identity(0xabcdefL, 3);
  static final Path DIRECTORY = Path.of("data");

  /// Opening an engine allocates this much on an empty log; the window is outside of the heap.
  static final int CONSTANT_BYTES = 64 << 10;

  private static final int FREE_BYTES = 256;

  private final Checksum checksum = new Checksum();
  /// Covers a log that begins anew, wherever that is.
  private static final Position COVERED = new Position(Long.MAX_VALUE, 1);

  private static final Path SNAPSHOT = DIRECTORY.resolve(SnapshotNames.finished(COVERED));

  private final byte[] identity = identity();
  private final byte[] snapshot = snapshot();

  private static byte[] identity() {
    SimulatedDisk disk = new SimulatedDisk();
    new IdentityFile(OWNER, 7, Optional.empty(), Optional.empty()).write(disk, DIRECTORY);
    return disk.bytes(DIRECTORY.resolve(IdentityFile.NAME));
  }

  private static byte[] snapshot() {
    SimulatedDisk disk = new SimulatedDisk();
    SnapshotPoint point = new SnapshotPoint(COVERED, 0, Membership.of(3), 0);
    SnapshotHeader header = new SnapshotHeader(OWNER.clusterId(), point, 0);
    try (SnapshotWriter writer =
        SnapshotWriter.begin(
            disk,
            SNAPSHOT,
            header,
            new Room(disk, SNAPSHOT, 0),
            false,
            (path, finished) -> finished)) {
      writer.finish();
    }
    return disk.content(SNAPSHOT);
  }

  /// A log file with these bytes behind its header.
  ByteBuffer file(byte[] frames) {
    int capacity = Math.max(4096, SegmentHeader.BYTES + frames.length + FREE_BYTES);
    SegmentHeader header = SegmentHeader.of(OWNER, 1, capacity, SegmentHeader.Start.OF_LOG, 0);
    ByteBuffer file = ByteBuffer.allocate(capacity).put(header.encode()).put(frames);
    return file.clear();
  }

  /// Makes a chain of what looks like frames.
  void seal(ByteBuffer file, int end) {
    int at = SegmentHeader.BYTES;
    int previous = 0;
    for (long number = 1; at + FrameHeader.BYTES <= end; number++) {
      int left = end - at - FrameHeader.BYTES;
      int length = file.getInt(at + 8);
      length = length < 0 || length > left ? Math.min(left, (length & 0x7f) + 20) : length;
      byte type = file.get(at + 32);
      boolean mark = type == FrameHeader.MARK || type == FrameHeader.SEAL;
      int entries = file.getInt(at + 36);
      byte flags = file.get(at + 33);
      previous =
          frame(
              file,
              new FrameHeader(
                  at, mark ? 0 : length, 0, number, previous, 0, at, type, flags, entries));
      at += FrameHeader.BYTES + length;
    }
  }

  /// Writes a frame's header over a body that is there, and seals its entries; gives back its
  /// checksum.
  int frame(ByteBuffer file, FrameHeader header) {
    int body = header.offset() + FrameHeader.BYTES;
    int end = body + header.bodyLength();
    sealEntries(file, header, end);
    long seed = file.getLong(40);
    int crc = checksum.of(seed, header.offset(), file, body, end);
    return FrameHeader.encode(
        new FrameHeader(
            header.offset(),
            header.bodyLength(),
            crc,
            header.number(),
            header.previous(),
            0,
            Math.min(header.synced(), header.offset()),
            header.type(),
            header.flags(),
            header.entries()),
        seed,
        checksum,
        file,
        header.offset());
  }

  private void sealEntries(ByteBuffer file, FrameHeader header, int end) {
    int at = header.offset() + FrameHeader.BYTES;
    at += (header.flags() & FrameHeader.HAS_HARD_STATE) == 0 ? 0 : Long.BYTES + Integer.BYTES;
    at += (header.flags() & FrameHeader.HAS_RESET) == 0 ? 0 : 3 * Long.BYTES;
    at += (header.flags() & FrameHeader.HAS_TRUNCATION) == 0 ? 0 : Long.BYTES;
    at += (header.flags() & FrameHeader.HAS_RELEASE) == 0 ? 0 : Long.BYTES;
    if (at + Long.BYTES > end) {
      return;
    }
    long index = file.getLong(at);
    at += Long.BYTES;
    while (at + EntryCodec.OVERHEAD_BYTES <= end) {
      int length = file.getInt(at + 4);
      int left = end - at - EntryCodec.OVERHEAD_BYTES;
      if (length < 0 || length > left) {
        length = Math.min(left, length & 0x1f);
        file.putInt(at + 4, length);
      }
      int next = at + EntryCodec.OVERHEAD_BYTES + length;
      file.putInt(at, checksum.of(index, 0, file, at + 4, next));
      at = next;
      index++;
    }
  }

  /// Opens a log of this file as a node does, reads all of it, and opens what recovery left again.
  void open(ByteBuffer file, int inputBytes, Meter meter) {
    meter.measure(
        Math.max(inputBytes, file.capacity()),
        CONSTANT_BYTES,
        () -> {
          SimulatedDisk disk = new SimulatedDisk();
          disk.put(DIRECTORY.resolve(IdentityFile.NAME), identity);
          disk.put(DIRECTORY.resolve("log-00000000000000000001.seg"), file.array().clone());
          disk.put(SNAPSHOT, snapshot);
          open(disk);
        });
  }

  private static void open(SimulatedDisk disk) {
    StorageOptions options =
        StorageOptions.DEFAULT.withDisk(disk).withSegmentBytes(4 << 10).withoutBackground();
    try (FileStorageEngine engine = FileStorageEngine.recover(DIRECTORY, OWNER, options)) {
      long first = engine.log().recovered().log().base().index() + 1;
      long last = engine.log().recovered().log().lastIndex();
      if (last >= first) {
        engine.log().read(first, last, Long.MAX_VALUE);
      }
    } catch (StorageException.Corrupt e) {
      // Declared.
    }
  }

  /// The bytes behind the header of a log file that the engine wrote.
  static byte[] framesOf(List<Persist> changes) {
    SimulatedDisk disk = new SimulatedDisk();
    StorageOptions options =
        StorageOptions.DEFAULT.withDisk(disk).withSegmentBytes(4 << 10).withoutBackground();
    try (FileStorageEngine engine = FileStorageEngine.recover(DIRECTORY, OWNER, options)) {
      engine.meta().establish(OWNER, 7);
      engine.log().append(changes);
      engine.log().force();
    }
    byte[] file = disk.bytes(DIRECTORY.resolve("log-00000000000000000001.seg"));
    int end = file.length - FrameHeader.BYTES;
    while (file[end - 1] == 0) {
      end--;
    }
    return Arrays.copyOfRange(file, SegmentHeader.BYTES, end);
  }
}
