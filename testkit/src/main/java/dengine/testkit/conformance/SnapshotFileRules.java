package dengine.testkit.conformance;

import static dengine.testkit.conformance.StorageStory.INCARNATION;
import static dengine.testkit.conformance.StorageStory.NODE;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.testkit.conformance.Conformance.Check;
import dengine.testkit.conformance.StorageSubject.Place;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/// Snapshots that are taken here.
final class SnapshotFileRules {

  private final StorageSubject subject;

  SnapshotFileRules(StorageSubject subject) {
    this.subject = subject;
  }

  List<Check> checks() {
    return List.of(
        new Check("aFinishedSnapshotIsFoundAgain", this::aFinishedSnapshotIsFoundAgain),
        new Check("anUnfinishedSnapshotIsNone", this::anUnfinishedSnapshotIsNone),
        new Check("snapshotsAreListedOldestFirst", this::snapshotsAreListedOldestFirst),
        new Check("theNewestSnapshotsAreRetained", this::theNewestSnapshotsAreRetained),
        new Check("aSnapshotInUseStaysReadable", this::aSnapshotInUseStaysReadable),
        new Check("aSnapshotThatIsNotThereIsRefused", this::aSnapshotThatIsNotThere));
  }

  private void aFinishedSnapshotIsFoundAgain() throws Exception {
    Membership members =
        Membership.of(1, 2).withDetails(Map.of(1, new Membership.Member("a:1", 5, false, 0)));
    SnapshotPoint point = new SnapshotPoint(new Position(70, 4), 123, members, 9);
    for (int length : new int[] {0, 1, 70_000, 3_000_000}) {
      byte[] state = bytes(length);
      try (Scratch scratch = new Scratch()) {
        Place place = subject.place(scratch.directory());
        Snapshot snapshot;
        try (StorageEngine engine = open(place)) {
          snapshot = StorageStory.finish(engine.snapshots(), point, state);
          Rule.same(point, snapshot.point(), "where the snapshot was taken");
          Rule.same(state, state(engine.snapshots(), snapshot), "what is in the snapshot");
        }
        try (StorageEngine engine = place.open(NODE)) {
          Rule.same(List.of(snapshot), engine.snapshots().list(), "the list of snapshots");
          Rule.same(Optional.of(snapshot), engine.snapshots().latest(), "the latest snapshot");
          Rule.same(state, state(engine.snapshots(), snapshot), "what is in the snapshot");
        }
      }
    }
  }

  private void anUnfinishedSnapshotIsNone() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = open(place)) {
        try (SnapshotStore.Writing writing = engine.snapshots().create(point(5))) {
          writing.stream().write(bytes(1000));
          Rule.same(List.of(), engine.snapshots().list(), "the list while one is written");
        }
        Rule.same(List.of(), engine.snapshots().list(), "the list after one was given up");
        // At the same position as one that was given up.
        StorageStory.finish(engine.snapshots(), point(5), bytes(10));
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.same(1, engine.snapshots().list().size(), "the number of snapshots");
      }
    }
  }

  private void snapshotsAreListedOldestFirst() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      List<SnapshotPoint> points = List.of(point(9), point(10), point(100), point(1 << 20));
      try (StorageEngine engine = open(place)) {
        for (SnapshotPoint point : points) {
          StorageStory.finish(engine.snapshots(), point, bytes(10));
        }
        Rule.same(points, points(engine.snapshots()), "the order of the snapshots");
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.same(points, points(engine.snapshots()), "the order of the snapshots");
      }
    }
  }

  private void theNewestSnapshotsAreRetained() throws Exception {
    try (Scratch scratch = new Scratch()) {
      Place place = subject.place(scratch.directory());
      try (StorageEngine engine = open(place)) {
        for (int index = 1; index <= 5; index++) {
          StorageStory.finish(engine.snapshots(), point(index), bytes(10 * index));
        }
        engine.snapshots().retain(9);
        Rule.same(5, engine.snapshots().list().size(), "the number of snapshots of at most 9");
        engine.snapshots().retain(2);
        Rule.same(List.of(point(4), point(5)), points(engine.snapshots()), "what is retained");
      }
      try (StorageEngine engine = place.open(NODE)) {
        Rule.same(List.of(point(4), point(5)), points(engine.snapshots()), "what is retained");
      }
    }
  }

  private void aSnapshotInUseStaysReadable() throws Exception {
    byte[] state = bytes(300_000);
    try (Scratch scratch = new Scratch();
        StorageEngine engine = open(subject.place(scratch.directory()))) {
      StorageStory.finish(engine.snapshots(), point(5), state);
      try (SnapshotStore.Reading reading = engine.snapshots().open(point(5).position());
          InputStream stream = reading.stream()) {
        byte[] first = stream.readNBytes(10);
        StorageStory.finish(engine.snapshots(), point(6), bytes(10));
        engine.snapshots().retain(1);
        byte[] rest = stream.readAllBytes();
        Rule.same(state.length, first.length + rest.length, "the length of what was read");
        Rule.same(state[state.length - 1], rest[rest.length - 1], "the last byte read");
      }
    }
  }

  private void aSnapshotThatIsNotThere() throws Exception {
    try (Scratch scratch = new Scratch();
        StorageEngine engine = open(subject.place(scratch.directory()))) {
      StorageStory.finish(engine.snapshots(), point(5), bytes(10));
      Position other = new Position(6, 1);
      Rule.refused("a snapshot that is not there", () -> engine.snapshots().open(other).close());
    }
  }

  static StorageEngine open(Place place) {
    StorageEngine engine = place.open(NODE);
    engine.meta().establish(NODE, INCARNATION);
    return engine;
  }

  static SnapshotPoint point(long index) {
    return new SnapshotPoint(new Position(index, 1), 100 + index, Membership.of(1), 0);
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(length).nextBytes(bytes);
    return bytes;
  }

  static byte[] state(SnapshotStore store, Snapshot snapshot) throws IOException {
    try (SnapshotStore.Reading reading = store.open(snapshot.point().position());
        InputStream stream = reading.stream()) {
      Rule.same(snapshot, reading.snapshot(), "the snapshot that was opened");
      return stream.readAllBytes();
    }
  }

  private static List<SnapshotPoint> points(SnapshotStore store) {
    return store.list().stream().map(Snapshot::point).toList();
  }
}
