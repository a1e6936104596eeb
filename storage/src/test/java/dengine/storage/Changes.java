package dengine.storage;

import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore.Identity;
import dengine.raft.Effect.Persist;
import dengine.raft.Entry;
import dengine.raft.HardState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// What the tests write, and a log as naive as can be to compare with.
final class Changes {

  static final Identity OWNER = new Identity(0xabcdefL, 3);

  static final StorageOptions SMALL =
      StorageOptions.DEFAULT.withSegmentBytes(4 << 10).withoutBackground();

  /// Term, vote and entries as a list: what any store must be equal to.
  record Model(HardState hardState, List<Entry> entries) {

    static final Model EMPTY = new Model(HardState.INITIAL, List.of());

    Model {
      entries = List.copyOf(entries);
    }

    Model after(Persist change) {
      List<Entry> next = new ArrayList<>(entries);
      if (change.truncateFrom() > 0) {
        next.subList((int) change.truncateFrom() - 1, next.size()).clear();
      }
      next.addAll(change.entries());
      return new Model(change.hardState().orElse(hardState), next);
    }

    long lastTerm() {
      return entries.isEmpty() ? 0 : entries.getLast().term();
    }

    /// The model as recovery shows it: with the term of the last entry.
    Model repaired() {
      return lastTerm() > hardState.term()
          ? new Model(new HardState(lastTerm(), 0), entries)
          : this;
    }

    static Model of(LogStore log) {
      long last = log.recovered().log().lastIndex();
      return new Model(
          log.recovered().hardState(), last == 0 ? List.of() : log.read(1, last, Long.MAX_VALUE));
    }
  }

  private Changes() {}

  static FileStorageEngine open(Path directory, StorageOptions options) {
    FileStorageEngine engine = FileStorageEngine.recover(directory, OWNER, options);
    if (engine.meta().identity().isEmpty()) {
      engine.meta().establish(OWNER);
    }
    return engine;
  }

  static Entry entry(long index, long term, int bytes) {
    byte[] payload = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      payload[i] = (byte) (index * 31 + term * 7 + i);
    }
    return new Entry(index, term, 1000 + index, Entry.Kind.COMMAND, payload);
  }

  static Persist entries(long sequence, Entry... entries) {
    return new Persist(sequence, Optional.empty(), 0, List.of(entries));
  }

  static Persist vote(long sequence, long term, int vote) {
    return new Persist(sequence, Optional.of(new HardState(term, vote)), 0, List.of());
  }

  /// A change that could follow on a model: any mixture of term, vote, truncation and entries.
  static Persist random(Model model, long sequence, int maxPayload, RandomGenerator random) {
    Optional<HardState> hardState = Optional.empty();
    long term = Math.max(1, Math.max(model.hardState().term(), model.lastTerm()));
    if (random.nextInt(4) == 0) {
      term += random.nextInt(3);
      hardState = Optional.of(new HardState(term, random.nextInt(4)));
    }
    int size = model.entries().size();
    long truncateFrom = 0;
    if (size > 0 && random.nextInt(6) == 0) {
      truncateFrom = size + 1L - random.nextInt(Math.min(size, 12) + 1);
      size = (int) truncateFrom - 1;
    }
    List<Entry> entries = new ArrayList<>();
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      entries.add(entry(size + 1 + i, term, random.nextInt(maxPayload + 1)));
    }
    return new Persist(sequence, hardState, truncateFrom, entries);
  }
}
