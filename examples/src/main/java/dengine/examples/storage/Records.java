package dengine.examples.storage;

import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How the parts of the contract are written.
final class Records {

  private Records() {}

  static void write(DataOutputStream out, Persist change) throws IOException {
    out.writeBoolean(change.hardState().isPresent());
    if (change.hardState().isPresent()) {
      out.writeLong(change.hardState().get().term());
      out.writeInt(change.hardState().get().vote());
    }
    out.writeBoolean(change.reset().isPresent());
    if (change.reset().isPresent()) {
      write(out, change.reset().get());
    }
    out.writeLong(change.truncateFrom());
    out.writeInt(change.entries().size());
    for (Entry entry : change.entries()) {
      out.writeLong(entry.index());
      out.writeLong(entry.term());
      out.writeLong(entry.time());
      out.writeByte(entry.kind().code());
      bytes(out, entry.payload());
    }
  }

  static Persist change(DataInputStream in) throws IOException {
    Optional<HardState> hardState =
        in.readBoolean()
            ? Optional.of(new HardState(in.readLong(), in.readInt()))
            : Optional.empty();
    Optional<SnapshotPoint> reset = in.readBoolean() ? Optional.of(point(in)) : Optional.empty();
    long truncateFrom = in.readLong();
    List<Entry> entries = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      entries.add(
          new Entry(
              in.readLong(),
              in.readLong(),
              in.readLong(),
              Entry.Kind.of(in.readByte()),
              bytes(in)));
    }
    return new Persist(0, hardState, truncateFrom, entries, reset);
  }

  static void write(DataOutputStream out, SnapshotPoint point) throws IOException {
    out.writeLong(point.position().index());
    out.writeLong(point.position().term());
    out.writeLong(point.time());
    bytes(out, point.membership().encode());
    out.writeLong(point.membershipIndex());
  }

  static SnapshotPoint point(DataInputStream in) throws IOException {
    return new SnapshotPoint(
        new Position(in.readLong(), in.readLong()),
        in.readLong(),
        Membership.decode(bytes(in)),
        in.readLong());
  }

  static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  static byte[] bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > in.available()) {
      throw new IOException(length + " bytes, but there are " + in.available());
    }
    return in.readNBytes(length);
  }
}
