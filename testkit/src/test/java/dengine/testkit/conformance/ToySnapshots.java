package dengine.testkit.conformance;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageException;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.testkit.conformance.ToyStorage.Mistake;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// The snapshots of a [ToyStorage].
final class ToySnapshots implements SnapshotStore {

  private static final long ROOM = 1L << 40;

  private final ToyStorage storage;
  private final List<ToyDisk.Finished> finished = new ArrayList<>();
  private final List<ToyDisk.Finished> arriving = new ArrayList<>();
  private ToyDisk.@Nullable Arriving partial;

  ToySnapshots(ToyStorage storage) {
    this.storage = storage;
  }

  private boolean wrong(Mistake mistake) {
    return storage.mistake == mistake;
  }

  void replay(ToyDisk.Finished snapshot) {
    finished.removeIf(it -> it.snapshot().point().equals(snapshot.snapshot().point()));
    finished.add(snapshot);
    finished.sort(Comparator.comparing(it -> it.snapshot().point().position()));
    if (partial != null && partial.wanted().point().equals(snapshot.snapshot().point())) {
      partial = null;
    }
  }

  void replay(ToyDisk.Arriving received) {
    partial = received;
  }

  void recover() {
    if (wrong(Mistake.FORGETS_SNAPSHOTS)) {
      finished.clear();
    }
  }

  void keep(int count) {
    while (finished.size() > count) {
      if (wrong(Mistake.RETAINS_THE_OLDEST)) {
        finished.removeLast();
      } else {
        finished.removeFirst();
      }
    }
  }

  @Override
  public List<Snapshot> list() {
    List<Snapshot> all =
        new ArrayList<>(finished.stream().map(ToyDisk.Finished::snapshot).toList());
    if (wrong(Mistake.LISTS_WHAT_ARRIVES)) {
      arriving.forEach(it -> all.add(it.snapshot()));
    }
    return wrong(Mistake.LISTS_NEWEST_FIRST) ? all.reversed() : all;
  }

  private static Snapshot snapshot(SnapshotPoint point, byte[] state) {
    CRC32 crc = new CRC32();
    crc.update(state);
    return new Snapshot(point, state.length, crc.getValue(), 5);
  }

  private Snapshot finish(SnapshotPoint point, byte[] state) {
    Snapshot snapshot = snapshot(point, state);
    ToyDisk.Finished record = new ToyDisk.Finished(snapshot, state);
    storage.write(record, !wrong(Mistake.FORGETS_TO_SYNC_SNAPSHOTS));
    replay(record);
    return snapshot;
  }

  @Override
  public Writing create(SnapshotPoint point) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (wrong(Mistake.NAMES_SNAPSHOTS_AT_ONCE)) {
      finish(point, new byte[0]);
    }
    return new Writing() {
      private boolean done;

      @Override
      public OutputStream stream() {
        return out;
      }

      @Override
      public Snapshot finish() {
        done = true;
        return ToySnapshots.this.finish(point, out.toByteArray());
      }

      @Override
      public void close() {
        if (!done && wrong(Mistake.LISTS_UNFINISHED)) {
          finish();
        }
      }
    };
  }

  @Override
  public Reading open(Position position) {
    ToyDisk.Finished found =
        finished.stream()
            .filter(
                it ->
                    it.snapshot().point().position().equals(position)
                        || wrong(Mistake.OPENS_ANYTHING))
            .findFirst()
            .orElseThrow(
                () ->
                    new StorageException.IoFailure("open", ToyDisk.PATH, new IOException("none")));
    return new Reading() {
      @Override
      public Snapshot snapshot() {
        return found.snapshot();
      }

      @Override
      public byte[] read(long offset, int length) {
        byte[] state = found.state();
        return Arrays.copyOfRange(
            state, (int) offset, (int) Math.min(state.length, offset + length));
      }

      @Override
      public InputStream stream() {
        return new ByteArrayInputStream(found.state()) {
          @Override
          public synchronized byte[] readAllBytes() {
            boolean gone = wrong(Mistake.CLOSES_WHAT_IS_READ) && !finished.contains(found);
            return gone ? new byte[0] : super.readAllBytes();
          }
        };
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Receiving receive(Snapshot wanted) {
    if (wanted.bytes() > ROOM && !wrong(Mistake.PROMISES_ROOM)) {
      throw new StorageException.DiskFull(ToyDisk.PATH, wanted.bytes(), new IOException("full"));
    }
    ToyDisk.Arriving before = partial;
    boolean goesOn =
        (before != null && before.wanted().equals(wanted)) || wrong(Mistake.MIXES_TRANSFERS);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    if (before != null && goesOn && !wrong(Mistake.BEGINS_TRANSFERS_ANEW)) {
      got.writeBytes(before.bytes());
    }
    partial = null;
    return new Incoming(wanted, got);
  }

  @Override
  public void retain(int count) {
    storage.write(new ToyDisk.Retained(count), true);
    keep(count);
  }

  private final class Incoming implements Receiving {
    private final Snapshot wanted;
    private final ByteArrayOutputStream got;
    private boolean done;

    Incoming(Snapshot wanted, ByteArrayOutputStream got) {
      this.wanted = wanted;
      this.got = got;
    }

    @Override
    public long received() {
      return got.size();
    }

    @Override
    public void write(long offset, byte[] bytes) {
      arriving.add(new ToyDisk.Finished(wanted, bytes));
      got.writeBytes(bytes);
    }

    @Override
    public Snapshot finish() {
      done = true;
      Snapshot arrived = snapshot(wanted.point(), got.toByteArray());
      if (arrived.fingerprint() != wanted.fingerprint() && !wrong(Mistake.BELIEVES_TRANSFERS)) {
        throw new StorageException.Corrupt(ToyDisk.PATH, 0, "not what was offered");
      }
      if (wrong(Mistake.LOSES_WHAT_ARRIVED)) {
        return arrived;
      }
      return ToySnapshots.this.finish(wanted.point(), got.toByteArray());
    }

    @Override
    public void close() {
      if (!done) {
        partial = new ToyDisk.Arriving(wanted, got.toByteArray());
        storage.write(partial, true);
      }
    }
  }
}
