package dengine.storage;

import dengine.fuzz.Meter;
import dengine.fuzz.Target;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What follows the header of a log file: as it is, and as a chain of frames that verify.
public final class LogFileTarget implements Target {

  private final Sealed sealed = new Sealed();

  @Override
  public String name() {
    return "log-file";
  }

  @Override
  public List<byte[]> seeds() {
    Entry first = new Entry(1, 1, 5, Entry.Kind.COMMAND, new byte[] {1, 2, 3});
    Entry second = new Entry(2, 1, 6, Entry.Kind.NOOP, new byte[0]);
    Entry other = new Entry(2, 2, 7, Entry.Kind.MEMBERSHIP, new byte[30]);
    Persist vote = new Persist(1, Optional.of(new HardState(1, 2)), 0, List.of());
    Persist entries = new Persist(2, Optional.empty(), 0, List.of(first, second));
    Persist truncation = new Persist(3, Optional.of(new HardState(2, 0)), 2, List.of(other));
    SnapshotPoint point = new SnapshotPoint(new Position(9, 4), 10, Membership.of(1), 0);
    Persist beginning = new Persist(4, Optional.empty(), 0, List.of(), Optional.of(point));
    return List.of(
        Sealed.framesOf(List.of(vote)),
        Sealed.framesOf(List.of(vote, entries, beginning)),
        Sealed.framesOf(List.of(vote, entries)),
        Sealed.framesOf(List.of(vote, entries, truncation)));
  }

  @Override
  public List<byte[]> large() {
    byte[] ones = new byte[1 << 20];
    Arrays.fill(ones, (byte) 1);
    byte[] magic = new byte[1 << 20];
    for (int at = 0; at < magic.length; at += Integer.BYTES) {
      ByteBuffer.wrap(magic).putInt(at, FrameHeader.MAGIC);
    }
    return List.of(new byte[1 << 20], ones, magic);
  }

  @Override
  public void decode(byte[] input, Meter meter) {
    sealed.open(sealed.file(input), input.length, meter);
    var file = sealed.file(input);
    sealed.seal(file, SegmentHeader.BYTES + input.length);
    sealed.open(file, input.length, meter);
  }
}
