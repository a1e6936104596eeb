package dengine.storage;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import java.nio.ByteBuffer;
import java.util.List;

/// Records of term and vote, twelve bytes each, in frames that verify.
public final class VoteTarget implements Target {

  private static final int VOTE_BYTES = Long.BYTES + Integer.BYTES;

  private final Sealed sealed = new Sealed();

  @Override
  public String name() {
    return "vote-record";
  }

  @Override
  public List<byte[]> seeds() {
    return List.of(
        ByteBuffer.allocate(VOTE_BYTES).putLong(1).putInt(2).array(),
        ByteBuffer.allocate(2 * VOTE_BYTES).putLong(1).putInt(2).putLong(3).putInt(0).array());
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    int votes = (input.length + VOTE_BYTES - 1) / VOTE_BYTES;
    ByteBuffer file = sealed.file(new byte[votes * (FrameHeader.BYTES + VOTE_BYTES)]);
    int chain = 0;
    for (int i = 0; i < votes; i++) {
      int at = SegmentHeader.BYTES + i * (FrameHeader.BYTES + VOTE_BYTES);
      int length = Math.min(VOTE_BYTES, input.length - i * VOTE_BYTES);
      file.put(at + FrameHeader.BYTES, input, i * VOTE_BYTES, length);
      FrameHeader header =
          new FrameHeader(
              at,
              length,
              0,
              i + 1L,
              chain,
              0,
              0,
              FrameHeader.CHANGE,
              FrameHeader.HAS_HARD_STATE,
              0);
      chain = sealed.frame(file, header);
    }
    sealed.open(file, input.length, meter);
  }
}
