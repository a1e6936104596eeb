package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Swap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the store should do, written down as simply as possible.
final class ModelStore {

  /// What there is to see.
  final TreeMap<Bytes, KeyValue> content = new TreeMap<>();

  /// What has gone and is not removed yet.
  final Map<Bytes, KeyValue> gone = new HashMap<>();

  private final Map<Bytes, Long> deadlines = new HashMap<>();
  private final ExpiryBudget budget;
  private long latest;

  ModelStore(ExpiryBudget budget) {
    this.budget = budget;
  }

  /// An entry that is no command is applied.
  ///
  /// @return what is removed by it, in this order
  List<KeyValue> passes(long time) {
    return expire(time);
  }

  /// What comes before anything is made of a command.
  ///
  /// @return what is removed, in this order
  List<KeyValue> beforeCommand(Bytes key, long time) {
    List<KeyValue> removed = expire(time);
    if (gone.containsKey(key)) {
      removed.add(gone.get(key));
      remove(key);
    }
    return removed;
  }

  private List<KeyValue> expire(long time) {
    int most = budget.keys(latest, time);
    latest = time;
    for (Map.Entry<Bytes, Long> each : deadlines.entrySet()) {
      KeyValue present = each.getValue() <= time ? content.remove(each.getKey()) : null;
      if (present != null) {
        gone.put(each.getKey(), present);
      }
    }
    List<KeyValue> first = new ArrayList<>(gone.values());
    first.sort(
        Comparator.comparingLong((KeyValue entry) -> deadlines.get(entry.key()))
            .thenComparingLong(KeyValue::modRevision));
    List<KeyValue> removed = new ArrayList<>(first.subList(0, Math.min(most, first.size())));
    removed.forEach(entry -> remove(entry.key()));
    return removed;
  }

  private void remove(Bytes key) {
    gone.remove(key);
    deadlines.remove(key);
  }

  /// Keys, removed ones not counted.
  int size() {
    return content.size() + gone.size();
  }

  long nextDeadline() {
    return deadlines.values().stream().mapToLong(at -> at).min().orElse(Long.MAX_VALUE);
  }

  Object apply(Command command, long revision, long time) {
    beforeCommand(command.key(), time);
    return execute(command, revision, time);
  }

  Object execute(Command command, long revision, long time) {
    KeyValue now = content.get(command.key());
    return switch (command) {
      case Command.Put put -> {
        store(put.key(), put.value(), revision, put.ttlMillis(), time);
        yield revision;
      }
      case Command.Delete delete -> {
        content.remove(delete.key());
        deadlines.remove(delete.key());
        yield revision;
      }
      case Command.CompareAndSwap swap -> {
        boolean expected = swap.expected().equals(Optional.ofNullable(now).map(KeyValue::value));
        if (expected) {
          store(swap.key(), swap.value(), revision, swap.ttlMillis(), time);
        }
        yield new Swap(expected, revision);
      }
    };
  }

  private void store(Bytes key, Bytes value, long revision, long ttl, long time) {
    deadlines.remove(key);
    if (ttl > 0) {
      deadlines.put(key, time + ttl);
    }
    KeyValue now = content.get(key);
    content.put(
        key,
        now == null
            ? new KeyValue(key, value, revision, revision, 1)
            : new KeyValue(key, value, now.createRevision(), revision, now.version() + 1));
  }

  List<KeyValue> scan(Bytes prefix, Bytes from) {
    List<KeyValue> found = new ArrayList<>();
    for (KeyValue entry : content.tailMap(from, true).values()) {
      if (entry.key().startsWith(prefix)) {
        found.add(entry);
      }
    }
    return found;
  }
}
