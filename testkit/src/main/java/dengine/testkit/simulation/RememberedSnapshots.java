package dengine.testkit.simulation;

import dengine.engine.spi.SnapshotStore;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Remembers which snapshots a node has, to compare them with what is found after it died: none
/// that was reported as finished may be gone unless it was given up for newer ones, and none may be
/// there that never was.
final class RememberedSnapshots implements SnapshotStore {

  private final SnapshotStore inner;

  /// Finished, and not given up.
  private final List<Snapshot> kept = new ArrayList<>();

  /// Everything that may be found, by where it was taken: what was to be deleted may still be
  /// there, and what was being finished may be done.
  private final Set<Position> possible = new HashSet<>();

  /// One that is older may have been damaged when this node started.
  private final long newestAtStart;

  private Consumer<Snapshot> finished = _ -> {};
  private LongConsumer begun = _ -> {};

  RememberedSnapshots(SnapshotStore inner) {
    this.inner = inner;
    kept.addAll(inner.list());
    kept.forEach(snapshot -> possible.add(snapshot.point().position()));
    newestAtStart = kept.isEmpty() ? 0 : kept.getLast().point().position().index();
  }

  /// Told of each snapshot that was finished.
  void whenFinished(Consumer<Snapshot> whom) {
    finished = whom;
  }

  /// Told whenever one is to be received, with what of it is there already.
  void whenBegun(LongConsumer whom) {
    begun = whom;
  }

  void compare(SnapshotStore found) {
    List<Snapshot> there = found.list();
    boolean all = there.containsAll(kept);
    boolean only =
        there.stream()
            .map(it -> it.point().position())
            .allMatch(it -> it.index() < newestAtStart || possible.contains(it));
    if (!all || !only) {
      throw new Violation("had the snapshots " + kept + ", found " + there);
    }
  }

  /// Index of the newest up to one; 0 if there is none.
  long newest(long upTo) {
    return kept.stream()
        .mapToLong(snapshot -> snapshot.point().position().index())
        .filter(index -> index <= upTo)
        .max()
        .orElse(0);
  }

  private Snapshot keep(Snapshot snapshot) {
    kept.removeIf(it -> it.point().position().equals(snapshot.point().position()));
    kept.add(snapshot);
    kept.sort((a, b) -> Long.compare(a.point().position().index(), b.point().position().index()));
    finished.accept(snapshot);
    return snapshot;
  }

  @Override
  public List<Snapshot> list() {
    return inner.list();
  }

  @Override
  public Writing create(SnapshotPoint point) {
    Writing writing = inner.create(point);
    return new Writing() {
      @Override
      public OutputStream stream() {
        return writing.stream();
      }

      @Override
      public Snapshot finish() {
        possible.add(point.position());
        kept.removeIf(it -> it.point().position().equals(point.position())); // one or the other
        return keep(writing.finish());
      }

      @Override
      public void close() {
        writing.close();
      }
    };
  }

  @Override
  public Reading open(Position position) {
    return inner.open(position);
  }

  @Override
  public Receiving receive(Snapshot wanted) {
    Receiving receiving = inner.receive(wanted);
    begun.accept(receiving.received());
    return new Receiving() {
      @Override
      public long received() {
        return receiving.received();
      }

      @Override
      public void write(long offset, byte[] bytes) {
        receiving.write(offset, bytes);
      }

      @Override
      public Snapshot finish() {
        possible.add(wanted.point().position());
        return keep(receiving.finish());
      }

      @Override
      public void close() {
        receiving.close();
      }
    };
  }

  @Override
  public void retain(int count) {
    while (kept.size() > count) {
      kept.removeFirst();
    }
    inner.retain(count);
  }
}
