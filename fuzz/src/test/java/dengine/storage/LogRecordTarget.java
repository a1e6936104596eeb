package dengine.storage;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import java.nio.ByteBuffer;
import java.util.List;

/// One record of the log, with checksums that verify: flags, number of entries, then the body.
public final class LogRecordTarget implements Target {

  private static final int PREFIX_BYTES = 2;

  private final Sealed sealed = new Sealed();

  @Override
  public String name() {
    return "log-record";
  }

  @Override
  public List<byte[]> seeds() {
    // term, vote; truncate from; first index; crc, length, term, time, kind, payload
    ByteBuffer all = ByteBuffer.allocate(100).put((byte) 3).put((byte) 1).putLong(1).putInt(2);
    all.putLong(1).putLong(1).putInt(0).putInt(3).putLong(1).putLong(9).put((byte) 1);
    all.put(new byte[] {7, 8, 9});
    ByteBuffer entry = ByteBuffer.allocate(100).put((byte) 0).put((byte) 1).putLong(1);
    entry.putInt(0).putInt(0).putLong(1).putLong(9).put((byte) 2);
    return List.of(bytes(all), bytes(entry), new byte[] {0, 0});
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.flip().remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    if (input.length < PREFIX_BYTES) {
      return;
    }
    int length = input.length - PREFIX_BYTES;
    ByteBuffer file = sealed.file(new byte[FrameHeader.BYTES + length]);
    file.put(SegmentHeader.BYTES + FrameHeader.BYTES, input, PREFIX_BYTES, length);
    FrameHeader header =
        new FrameHeader(
            SegmentHeader.BYTES, length, 0, 1, 0, 0, 0, FrameHeader.CHANGE, input[0], input[1]);
    sealed.frame(file, header);
    sealed.open(file, input.length, meter);
  }
}
