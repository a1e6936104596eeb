package dengine.engine;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.raft.Position;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which snapshots the disk no longer gives back as they were written. Any thread, but for
/// [#readSuspected].
final class UnreadableSnapshots {

  private static final Logger LOG = System.getLogger(UnreadableSnapshots.class.getName());
  private static final int READ_BYTES = 64 << 10;

  private final int node;
  private final SnapshotStore store;

  /// Never changed, only replaced: under the monitor.
  private volatile List<Position> unreadable = List.of();

  private volatile @Nullable Position suspected;
  private volatile Runnable wake = () -> {};

  UnreadableSnapshots(int node, SnapshotStore store) {
    this.node = node;
    this.store = store;
  }

  /// Who is woken when there is something to read, or to write again.
  void wakes(Runnable whom) {
    wake = whom;
  }

  /// This one cannot be read.
  void add(Position position) {
    note(position);
    wake.run();
  }

  /// A peer had all of this one and did not take it: it is read once more, by somebody who has time
  /// for that.
  void suspect(Position position) {
    suspected = position;
    wake.run();
  }

  /// This one was written again.
  synchronized void remove(Position position) {
    if (unreadable.contains(position)) {
      unreadable = unreadable.stream().filter(it -> !it.equals(position)).toList();
    }
  }

  /// Those that have gone meanwhile are forgotten.
  private synchronized void note(Position position) {
    List<Position> there = store.list().stream().map(it -> it.point().position()).toList();
    Stream<Position> known = unreadable.stream().filter(it -> !it.equals(position));
    unreadable = Stream.concat(known.filter(there::contains), Stream.of(position)).toList();
  }

  boolean contains(Position position) {
    return unreadable.contains(position);
  }

  /// Whether the newest is unreadable, and the state machine can write it again: that is to be done
  /// even if nothing more was applied, for it may be that nothing can be before a peer has it.
  ///
  /// @param applied what the state machine has come to
  boolean containsNewest(long applied) {
    return store
        .latest()
        .filter(this::contains)
        .filter(newest -> newest.point().position().index() <= applied)
        .isPresent();
  }

  boolean contains(Snapshot snapshot) {
    return contains(snapshot.point().position());
  }

  /// Finds out about the one that is suspected. Takes as long as reading it.
  ///
  /// @param givenUp asked on the way
  void readSuspected(BooleanSupplier givenUp) {
    Position position = suspected;
    if (position == null) {
      return;
    }
    suspected = null;
    try (SnapshotStore.Reading reading = store.open(position);
        InputStream stream = reading.stream()) {
      byte[] buffer = new byte[READ_BYTES];
      while (!givenUp.getAsBoolean() && stream.read(buffer) >= 0) {
        // Verified, and not needed.
      }
    } catch (IOException | RuntimeException failure) {
      note(position);
      LOG.log(
          Logger.Level.WARNING,
          () -> "node=" + node + " event=snapshot-unreadable index=" + position.index(),
          failure);
    }
  }
}
