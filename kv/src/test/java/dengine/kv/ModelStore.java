package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Swap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What the store should do, written down as simply as possible.
final class ModelStore {

  final TreeMap<Bytes, KeyValue> content = new TreeMap<>();
  final Map<Bytes, Long> deadlines = new HashMap<>();

  /// An entry is applied, whatever it is.
  void passes(long time) {
    deadlines
        .entrySet()
        .removeIf(
            entry -> {
              boolean over = entry.getValue() <= time;
              if (over) {
                content.remove(entry.getKey());
              }
              return over;
            });
  }

  long nextDeadline() {
    return deadlines.values().stream().mapToLong(at -> at).min().orElse(Long.MAX_VALUE);
  }

  Object apply(Command command, long revision, long time) {
    passes(time);
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
