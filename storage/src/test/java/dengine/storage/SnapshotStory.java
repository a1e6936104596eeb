package dengine.storage;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Receiving;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.raft.Position;
import dengine.storage.Snapshots.Offered;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/// Which snapshots a story of a directory took and fetched, and which of them must be there.
final class SnapshotStory {

  private final Random random;
  private final Set<Position> begun = new HashSet<>();
  private Optional<Position> newest = Optional.empty();
  private Optional<Offered> onItsWay = Optional.empty();
  private long sent;

  SnapshotStory(Random random) {
    this.random = random;
  }

  void take(SnapshotStore store, Position position) {
    begun.add(position);
    Snapshots.take(store, position);
    newest = Optional.of(position);
  }

  void fetch(SnapshotStore store, Position position) {
    Offered offered = Snapshots.offered(position);
    onItsWay = Optional.of(offered);
    sent = 0;
    Receiving receiving = store.receive(offered.snapshot());
    while (receiving.received() < offered.file().length) {
      int bytes = 1 + random.nextInt(900);
      sent = Math.min(offered.file().length, receiving.received() + bytes);
      Snapshots.send(receiving, offered, bytes);
      if (random.nextInt(4) == 0) {
        receiving.close();
        receiving = store.receive(offered.snapshot());
      }
    }
    begun.add(position);
    receiving.finish();
    newest = Optional.of(position);
    onItsWay = Optional.empty();
  }

  /// What is wrong with the snapshots of a directory that was left; empty if nothing is.
  String judge(SnapshotStore store, SimulatedDisk left) {
    List<Position> found = store.list().stream().map(it -> it.point().position()).toList();
    if (!begun.containsAll(found) || !newest.map(found::contains).orElse(true)) {
      return "snapshots %s, begun %s, newest %s".formatted(found, begun, newest);
    }
    for (Snapshot snapshot : store.list()) {
      Position position = snapshot.point().position();
      if (!Arrays.equals(Snapshots.read(store, position), Snapshots.content(position))
          || !snapshot.point().equals(Snapshots.point(position))) {
        return "something else in " + snapshot;
      }
    }
    long unfinished =
        left.files().stream()
            .filter(it -> SnapshotNames.isWriting(it) || SnapshotNames.isPartial(it))
            .count();
    return unfinished > 1 ? "unfinished files left: " + left.files() : "";
  }

  /// Goes on with the snapshot that was on its way, to its end.
  String goOn(SnapshotStore store) {
    if (onItsWay.isEmpty()) {
      return "";
    }
    Offered offered = onItsWay.get();
    Position position = offered.snapshot().point().position();
    try (Receiving receiving = store.receive(offered.snapshot())) {
      if (receiving.received() > sent) {
        return "sent %d, found %d".formatted(sent, receiving.received());
      }
      while (receiving.received() < offered.file().length) {
        Snapshots.send(receiving, offered, 1000);
      }
      Snapshot finished = receiving.finish();
      return finished.equals(offered.snapshot())
              && Arrays.equals(Snapshots.read(store, position), Snapshots.content(position))
          ? ""
          : "received something else: " + finished;
    }
  }
}
