package dengine.testkit.conformance;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StorageEngine;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Membership;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import dengine.testkit.conformance.StorageSubject.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// The life of one node's storage, made from a seed, beside a model of what must be there.
final class StorageStory implements AutoCloseable {

  static final Identity NODE = new Identity(0x5eedL, 1);
  static final long INCARNATION = 77;
  private static final Membership MEMBERS = Membership.of(1, 2, 3);

  private final Place place;
  private final SplittableRandom random;
  private StorageEngine engine;
  private LogModel now = LogModel.NEW;

  /// What the log was after each change since it was last opened.
  private final List<LogModel> past = new ArrayList<>(List.of(now));

  /// The first of `past` that nothing can take back any more.
  private int durable;

  private long compacted;
  private long sequence;

  StorageStory(Place place, long seed) {
    this.place = place;
    this.random = new SplittableRandom(seed);
    this.engine = place.open(NODE);
    engine.meta().establish(NODE, INCARNATION);
  }

  StorageEngine engine() {
    return engine;
  }

  LogStore log() {
    return engine.log();
  }

  LogModel now() {
    return now;
  }

  long compacted() {
    return compacted;
  }

  /// What the log may be after the power went.
  List<LogModel> possible() {
    return List.copyOf(past.subList(durable, past.size()));
  }

  /// Does one of all the things that happen.
  void step() throws IOException {
    switch (random.nextInt(20)) {
      case 0 -> reopen();
      case 1 -> compact();
      case 2 -> reset();
      case 3, 4, 5 -> force();
      case 6, 7 -> readSomewhere();
      default -> append();
    }
  }

  /// Appends a few changes in one call.
  void append() {
    List<Persist> changes = new ArrayList<>();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      Persist change = change();
      changes.add(change);
      model(change);
    }
    engine.log().append(changes);
  }

  private void model(Persist change) {
    now = now.after(change);
    past.add(now);
  }

  void force() {
    engine.log().force();
    durable = past.size() - 1;
  }

  void reopen() {
    force();
    engine.close();
    engine = place.open(NODE);
    expect("after it was closed and opened");
    now = now.from(engine.log().recovered().log().base());
    past.clear();
    past.add(now);
    durable = 0;
    sequence = 0;
  }

  /// As the node does: a snapshot first.
  void compact() throws IOException {
    if (now.lastIndex() <= Math.max(compacted, now.base().index())) {
      return;
    }
    force();
    long first = Math.max(compacted, now.base().index()) + 1;
    Entry upTo = now.entry(random.nextLong(first, now.lastIndex() + 1));
    snapshot(upTo.position(), upTo.time());
    engine.log().compact(upTo.position());
    compacted = upTo.index();
  }

  /// A snapshot from a leader whose log goes on elsewhere.
  void reset() throws IOException {
    force();
    HardState next = new HardState(now.hardState().term() + 1, 0);
    Position position = new Position(now.lastIndex() + random.nextInt(1, 9), next.term());
    SnapshotPoint point = snapshot(position, now.lastTime() + 5);
    Persist change = new Persist(++sequence, Optional.of(next), 0, List.of(), Optional.of(point));
    model(change);
    engine.log().append(List.of(change));
    compacted = Math.max(compacted, position.index());
  }

  void readSomewhere() {
    long first = Math.max(compacted, now.base().index()) + 1;
    if (first <= now.lastIndex()) {
      long from = random.nextLong(first, now.lastIndex() + 1);
      long upTo = random.nextLong(from, now.lastIndex() + 1);
      Rule.same(
          now.between(from, upTo),
          engine.log().read(from, upTo, Long.MAX_VALUE),
          "entries " + from + ".." + upTo);
    }
  }

  /// The log that is open must be as the model says.
  void expect(String when) {
    now.difference(engine.log(), compacted)
        .ifPresent(
            difference -> {
              throw new AssertionError("the log is another one " + when + ": " + difference);
            });
  }

  private Persist change() {
    Optional<HardState> hardState = Optional.empty();
    long term = now.hardState().term();
    if (term == 0 || random.nextInt(4) == 0) {
      term += random.nextInt(1, 3);
      hardState = Optional.of(new HardState(term, random.nextInt(4)));
    }
    LogModel model = now;
    long truncateFrom = 0;
    long least = Math.max(compacted, now.base().index()) + 1;
    if (hardState.isPresent() && least <= now.lastIndex() && random.nextBoolean()) {
      truncateFrom = random.nextLong(least, now.lastIndex() + 1);
      model = now.after(new Persist(0, Optional.empty(), truncateFrom, List.of()));
    }
    List<Entry> entries = new ArrayList<>();
    int count = random.nextInt(hardState.isPresent() ? 0 : 1, 6);
    for (int i = 1; i <= count; i++) {
      entries.add(entry(model.lastIndex() + i, term, model.lastTime() + 3L * i));
    }
    return new Persist(++sequence, hardState, truncateFrom, entries);
  }

  private Entry entry(long index, long term, long time) {
    return switch (random.nextInt(8)) {
      case 0 -> new Entry(index, term, time, Entry.Kind.NOOP, new byte[0]);
      case 1 -> new Entry(index, term, time, Entry.Kind.MEMBERSHIP, MEMBERS.encode());
      default -> {
        byte[] payload = new byte[random.nextInt(400)];
        random.nextBytes(payload);
        yield new Entry(index, term, time, Entry.Kind.COMMAND, payload);
      }
    };
  }

  private SnapshotPoint snapshot(Position position, long time) throws IOException {
    SnapshotPoint point = new SnapshotPoint(position, time, MEMBERS, 0);
    byte[] state = new byte[random.nextInt(1, 5000)];
    random.nextBytes(state);
    finish(engine.snapshots(), point, state);
    engine.snapshots().retain(2);
    return point;
  }

  static SnapshotStore.Snapshot finish(SnapshotStore store, SnapshotPoint point, byte[] state)
      throws IOException {
    try (SnapshotStore.Writing writing = store.create(point)) {
      writing.stream().write(state);
      return writing.finish();
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
