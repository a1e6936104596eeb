package dengine.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.Entry.Kind;
import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// What the tests write, and a log as naive as can be to compare with.
final class Changes {

  static final Identity OWNER = new Identity(0xabcdefL, 3);

  static final StorageOptions SMALL =
      StorageOptions.DEFAULT.withSegmentBytes(4 << 10).withoutBackground();

  /// The random number that the tests set directories up with.
  static final long INCARNATION = 77;

  /// Term, vote, where the log begins, and its entries as a list: what any store must be equal to.
  ///
  /// @param baseTime cluster time at the base; a log with entries does not show it, see [#UNKNOWN]
  record Model(HardState hardState, Position base, long baseTime, List<Entry> entries) {

    /// Equal to every time.
    private static final long UNKNOWN = -1;

    static final Model EMPTY = new Model(HardState.INITIAL, Position.ORIGIN, 0, List.of());

    Model {
      entries = List.copyOf(entries);
    }

    Model after(Persist change) {
      Model start =
          change
              .reset()
              .map(it -> new Model(hardState, it.position(), it.time(), List.of()))
              .orElse(this);
      List<Entry> next = new ArrayList<>(start.entries);
      if (change.truncateFrom() > 0) {
        next.subList((int) (change.truncateFrom() - start.base.index()) - 1, next.size()).clear();
      }
      next.addAll(change.entries());
      return new Model(change.hardState().orElse(hardState), start.base, start.baseTime, next);
    }

    Position last() {
      return entries.isEmpty() ? base : entries.getLast().position();
    }

    long lastTime() {
      return entries.isEmpty() ? baseTime : entries.getLast().time();
    }

    /// The entry at this index.
    Entry entry(long index) {
      return entries.get((int) (index - base.index()) - 1);
    }

    /// The model as recovery shows it: with the term of the last entry.
    Model repaired() {
      return last().term() > hardState.term()
          ? new Model(new HardState(last().term(), 0), base, baseTime, entries)
          : this;
    }

    /// The same without the entries up to this index.
    Model compactedTo(long index) {
      if (index <= base.index() || index > last().index()) {
        return this;
      }
      Entry entry = entry(index);
      return new Model(
          hardState,
          entry.position(),
          entry.time(),
          entries.subList((int) (index - base.index()), entries.size()));
    }

    /// Whether it is this one, perhaps without entries up to at most `compactedTo`.
    boolean explains(Model found, long compactedTo) {
      return found.base.index() <= Math.max(base.index(), compactedTo)
          && repaired().compactedTo(found.base.index()).equals(found);
    }

    static Model of(LogStore log) {
      LogStore.Recovered found = log.recovered();
      Position base = found.log().base();
      long last = found.log().lastIndex();
      List<Entry> entries =
          last == base.index() ? List.of() : log.read(base.index() + 1, last, Long.MAX_VALUE);
      long ofBase = base.equals(Position.ORIGIN) ? 0 : UNKNOWN;
      long baseTime = entries.isEmpty() ? found.log().lastTime() : ofBase;
      Model model = new Model(found.hardState(), base, baseTime, entries);
      assertThat(model.lastTime()).isEqualTo(found.log().lastTime());
      assertThat(found.memberships())
          .isEqualTo(entries.stream().filter(it -> it.kind() == Kind.MEMBERSHIP).toList());
      return model;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Model(HardState state, Position start, _, List<Entry> others)
          && state.equals(hardState)
          && start.equals(base)
          && others.equals(entries)
          && isSame(((Model) other).lastTime(), lastTime());
    }

    private static boolean isSame(long time, long other) {
      return time == other || time == UNKNOWN || other == UNKNOWN;
    }

    @Override
    public int hashCode() {
      return Objects.hash(hardState, base, entries);
    }
  }

  private Changes() {}

  static FileStorageEngine open(Path directory, StorageOptions options) {
    FileStorageEngine engine = FileStorageEngine.recover(directory, OWNER, options);
    if (engine.meta().identity().isEmpty()) {
      engine.meta().establish(OWNER, INCARNATION);
    }
    return engine;
  }

  static Entry entry(long index, long term, int bytes) {
    byte[] payload = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      payload[i] = (byte) (index * 31 + term * 7 + i);
    }
    return new Entry(index, term, 1000 + index, Kind.COMMAND, payload);
  }

  static Entry membership(long index, long term, int bytes) {
    Entry entry = entry(index, term, bytes);
    return new Entry(index, term, entry.time(), Kind.MEMBERSHIP, entry.payload());
  }

  static Persist reset(long sequence, SnapshotPoint point) {
    return new Persist(sequence, Optional.empty(), 0, List.of(), Optional.of(point));
  }

  static Persist entries(long sequence, Entry... entries) {
    return new Persist(sequence, Optional.empty(), 0, List.of(entries));
  }

  static Persist vote(long sequence, long term, int vote) {
    return new Persist(sequence, Optional.of(new HardState(term, vote)), 0, List.of());
  }

  /// A change that could follow on a model: any mixture of term, vote, truncation and entries.
  static Persist random(Model model, long sequence, int maxPayload, RandomGenerator random) {
    return random(model, model.base().index(), sequence, maxPayload, random);
  }

  /// The same for a log whose entries up to `floor` are there to stay.
  static Persist random(
      Model model, long floor, long sequence, int maxPayload, RandomGenerator random) {
    Optional<HardState> hardState = Optional.empty();
    long term = Math.max(1, Math.max(model.hardState().term(), model.last().term()));
    if (random.nextInt(4) == 0) {
      term += random.nextInt(3);
      hardState = Optional.of(new HardState(term, random.nextInt(4)));
    }
    long last = model.last().index();
    long truncateFrom = 0;
    if (last > floor && random.nextInt(6) == 0) {
      truncateFrom = last + 1 - random.nextLong(Math.min(last - floor, 12) + 1);
      last = truncateFrom - 1;
    }
    List<Entry> entries = new ArrayList<>();
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      int bytes = random.nextInt(maxPayload + 1);
      entries.add(
          random.nextInt(8) == 0
              ? membership(last + 1 + i, term, bytes)
              : entry(last + 1 + i, term, bytes));
    }
    return new Persist(sequence, hardState, truncateFrom, entries);
  }
}
