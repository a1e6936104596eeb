package dengine.storage;

import dengine.engine.spi.StorageException;
import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.raft.HardState;
import dengine.raft.Position;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// The header of a log file.
public final class SegmentHeaderTarget implements Target {

  private static final int CONSTANT_BYTES = 8192;
  private static final Path FILE = Path.of("log-00000000000000000001.seg");
  private static final int CRC = SegmentHeader.BYTES - Integer.BYTES;

  @Override
  public String name() {
    return "segment-header";
  }

  @Override
  public List<byte[]> seeds() {
    SegmentHeader.Start start =
        new SegmentHeader.Start(7, 99, new HardState(3, 2), new Position(12, 3), 1012, 2);
    return List.of(
        SegmentHeader.of(Sealed.OWNER, 1, 4096, SegmentHeader.Start.OF_LOG, 0).encode().array(),
        SegmentHeader.of(Sealed.OWNER, 2, 1 << 20, start, 4000).encode().array());
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    byte[] whole = Arrays.copyOf(input, SegmentHeader.BYTES);
    ByteBuffer sealed = ByteBuffer.wrap(whole);
    long magic = 0x64656e67696e6531L; // the only one there is
    sealed.putLong(0, magic);
    sealed.putInt(CRC, new Checksum().of(magic, 0, sealed, 0, CRC));
    for (byte[] bytes : List.of(input, whole)) {
      meter.measure(
          bytes.length,
          CONSTANT_BYTES,
          () -> {
            try {
              SegmentHeader.decode(FILE, ByteBuffer.wrap(bytes));
            } catch (StorageException.Corrupt | StorageException.ForeignFormat e) {
              // Declared.
            }
          });
    }
  }
}
