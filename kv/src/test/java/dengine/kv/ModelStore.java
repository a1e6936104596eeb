package dengine.kv;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Swap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// What the store should do, written down as simply as possible.
final class ModelStore {

  final TreeMap<Bytes, KeyValue> content = new TreeMap<>();

  Object apply(Command command, long revision) {
    KeyValue now = content.get(command.key());
    return switch (command) {
      case Command.Put put -> {
        store(put.key(), put.value(), revision);
        yield revision;
      }
      case Command.Delete delete -> {
        content.remove(delete.key());
        yield revision;
      }
      case Command.CompareAndSwap swap -> {
        boolean expected = swap.expected().equals(Optional.ofNullable(now).map(KeyValue::value));
        if (expected) {
          store(swap.key(), swap.value(), revision);
        }
        yield new Swap(expected, revision);
      }
    };
  }

  private void store(Bytes key, Bytes value, long revision) {
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
