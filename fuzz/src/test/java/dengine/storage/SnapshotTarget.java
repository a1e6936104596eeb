package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/// A snapshot's file: as it is, and with all checksums put right, header, blocks and end.
public final class SnapshotTarget implements Target {

  /// A block, its window, and what opening takes.
  private static final int CONSTANT_BYTES = 192 << 10;

  private static final Path FILE = Sealed.DIRECTORY.resolve("snapshot");
  private static final int FIXED_BYTES = 68;

  private final Checksum checksum = new Checksum();

  @Override
  public String name() {
    return "snapshot";
  }

  @Override
  public List<byte[]> seeds() {
    return List.of(written(0), written(100), written(70_000));
  }

  private static byte[] written(int contentBytes) {
    SimulatedDisk disk = new SimulatedDisk();
    SnapshotPoint point = new SnapshotPoint(new Position(9, 2), 17, Membership.of(1, 2, 3), 4);
    SnapshotHeader header = new SnapshotHeader(Sealed.OWNER.clusterId(), point, 99);
    try (SnapshotWriter writer =
        SnapshotWriter.begin(
            disk, FILE, header, new Room(disk, FILE, 0), false, (path, snapshot) -> snapshot)) {
      writer.stream().write(new byte[contentBytes]);
      writer.finish();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return disk.content(FILE);
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    for (byte[] bytes : List.of(input, sealed(input))) {
      SimulatedDisk disk = new SimulatedDisk();
      disk.put(FILE, bytes);
      meter.measure(bytes.length, CONSTANT_BYTES, () -> read(disk));
    }
  }

  private static void read(SimulatedDisk disk) {
    try (SnapshotFile file = SnapshotFile.open(disk, FILE)) {
      file.verify();
    } catch (StorageException.Corrupt | StorageException.ForeignFormat e) {
      // Declared.
    }
  }

  private byte[] sealed(byte[] input) {
    byte[] whole =
        Arrays.copyOf(
            input, Math.max(input.length, FIXED_BYTES + Integer.BYTES + SnapshotBlocks.END_BYTES));
    ByteBuffer bytes = ByteBuffer.wrap(whole);
    int room = whole.length - SnapshotBlocks.END_BYTES;
    long magic = 0x64656e67736e6170L; // the only one there is
    int length = bytes.getInt(12);
    if (length < FIXED_BYTES + Integer.BYTES || length > room) {
      length = FIXED_BYTES + Integer.BYTES;
    }
    bytes.putLong(0, magic).putInt(12, length);
    bytes.putInt(64, length - FIXED_BYTES - Integer.BYTES);
    int checked = length - Integer.BYTES;
    bytes.putInt(checked, checksum.of(magic, 0, bytes, 0, checked));
    sealBlocks(bytes, length, room);
    return whole;
  }

  private void sealBlocks(ByteBuffer bytes, int start, int room) {
    long seed =
        Checksum.seed(
            bytes.getLong(16),
            bytes.getLong(24),
            bytes.getLong(32),
            bytes.getLong(40),
            bytes.getLong(48),
            bytes.getLong(56));
    int at = start;
    long content = 0;
    while (at + SnapshotBlocks.OVERHEAD_BYTES < room) {
      int most = Math.min(SnapshotBlocks.BLOCK_BYTES, room - at - SnapshotBlocks.OVERHEAD_BYTES);
      int length = bytes.getInt(at + 4);
      length = length < 1 || length > most ? most : length;
      bytes.putInt(at + 4, length);
      int end = at + SnapshotBlocks.OVERHEAD_BYTES + length;
      bytes.putInt(at, checksum.of(seed, at, bytes, at + 4, end));
      at = end;
      content += length;
    }
    int end = at;
    MessageDigest digest = SnapshotBlocks.sha256();
    digest.update(bytes.array(), 0, end);
    bytes.putInt(end + 4, 0).putLong(end + 8, content);
    bytes.putLong(end + 16, (long) end + SnapshotBlocks.END_BYTES);
    bytes.put(end + 24, digest.digest());
    bytes.putInt(end, checksum.of(seed, end, bytes, end + 4, end + SnapshotBlocks.END_BYTES));
  }
}
