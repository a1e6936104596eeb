package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.kv.watch.ChangeRecorder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What changed at each revision, as the store of whichever node came first has told it; every
/// other store must tell the same.
final class WatchLedger {

  private final Watch watch;
  private final TreeMap<Long, Set<WatchEvent.Change>> changes = new TreeMap<>();
  private final Map<Bytes, Bytes> content = new HashMap<>();

  WatchLedger(Watch watch) {
    this.watch = watch;
  }

  /// The last revision that any node has applied.
  long last() {
    return changes.isEmpty() ? 0 : changes.lastKey();
  }

  /// Everything that changed from one revision to another, both included.
  NavigableMap<Long, Set<WatchEvent.Change>> between(long from, long to) {
    return from > to ? new TreeMap<>() : changes.subMap(from, true, to, true);
  }

  /// The changes of a revision, with what was there before.
  Set<WatchEvent.Change> at(long revision) {
    return changes.getOrDefault(revision, Set.of());
  }

  static WatchEvent.Change withoutPrevious(WatchEvent.Change change) {
    return switch (change) {
      case WatchEvent.Put(long revision, Bytes key, Bytes value, _) ->
          new WatchEvent.Put(revision, key, value, Optional.empty());
      case WatchEvent.Delete(long revision, Bytes key, _, boolean expired) ->
          new WatchEvent.Delete(revision, key, Optional.empty(), expired);
    };
  }

  private void learn(Machine machine, long revision, List<WatchEvent.Change> told) {
    Set<WatchEvent.Change> known = changes.get(revision);
    if (known == null) {
      Set<WatchEvent.Change> full = new LinkedHashSet<>();
      told.forEach(change -> full.add(apply(change)));
      changes.put(revision, full);
      return;
    }
    List<WatchEvent.Change> before = new ArrayList<>();
    known.forEach(change -> before.add(withoutPrevious(change)));
    watch.check(before.equals(told), machine, "told changes " + told + ", another node " + before);
  }

  private WatchEvent.Change apply(WatchEvent.Change change) {
    Optional<Bytes> previous = Optional.ofNullable(content.get(change.key()));
    return switch (change) {
      case WatchEvent.Put(long revision, Bytes key, Bytes value, _) -> {
        content.put(key, value);
        yield new WatchEvent.Put(revision, key, value, previous);
      }
      case WatchEvent.Delete(long revision, Bytes key, _, boolean expired) -> {
        content.remove(key);
        yield new WatchEvent.Delete(revision, key, previous, expired);
      }
    };
  }

  /// Writes down what a store tells, and passes it on.
  ChangeRecorder witness(Machine machine, ChangeRecorder next) {
    return new Witness(machine, next);
  }

  private final class Witness implements ChangeRecorder {
    private final Machine machine;
    private final ChangeRecorder next;
    private final Map<Long, List<WatchEvent.Change>> batch = new HashMap<>();
    private long first;

    Witness(Machine machine, ChangeRecorder next) {
      this.machine = machine;
      this.next = next;
    }

    @Override
    public void begin(long revision) {
      first = revision;
      next.begin(revision);
    }

    @Override
    public boolean wantsPrevious() {
      return next.wantsPrevious();
    }

    @Override
    public void put(
        long revision,
        byte[] key,
        int keyAt,
        int keyLength,
        byte[] value,
        int valueAt,
        int valueLength,
        @Nullable Bytes previous) {
      Bytes stored = Bytes.wrap(Arrays.copyOfRange(value, valueAt, valueAt + valueLength));
      add(new WatchEvent.Put(revision, copy(key, keyAt, keyLength), stored, Optional.empty()));
      next.put(revision, key, keyAt, keyLength, value, valueAt, valueLength, previous);
    }

    @Override
    public void delete(
        long revision,
        byte[] key,
        int keyAt,
        int keyLength,
        @Nullable Bytes previous,
        boolean expired) {
      Bytes removed = copy(key, keyAt, keyLength);
      add(new WatchEvent.Delete(revision, removed, Optional.empty(), expired));
      next.delete(revision, key, keyAt, keyLength, previous, expired);
    }

    private void add(WatchEvent.Change change) {
      batch.computeIfAbsent(change.revision(), _ -> new ArrayList<>()).add(change);
    }

    private static Bytes copy(byte[] bytes, int at, int length) {
      return Bytes.wrap(Arrays.copyOfRange(bytes, at, at + length));
    }

    @Override
    public void published(long revision) {
      for (long each = first; each <= revision; each++) {
        learn(machine, each, batch.getOrDefault(each, List.of()));
      }
      batch.clear();
      next.published(revision);
    }

    @Override
    public void replaced(long revision) {
      next.replaced(revision);
    }
  }
}
