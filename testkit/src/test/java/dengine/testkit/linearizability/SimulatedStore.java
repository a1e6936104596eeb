package dengine.testkit.linearizability;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A store that is right by construction: one operation after the other, each at a revision of its
/// own.
final class SimulatedStore {

  private final TreeMap<Bytes, KeyValue> records = new TreeMap<>();
  private long revision;

  Answer apply(Call call) {
    return switch (call) {
      case Call.Put put -> {
        store(put.key(), put.value());
        yield new Answer.Written(revision);
      }
      case Call.Delete delete -> {
        revision++;
        records.remove(delete.key());
        yield new Answer.Written(revision);
      }
      case Call.CompareAndSwap swap -> {
        Optional<Bytes> present = find(swap.key()).map(KeyValue::value);
        boolean succeeds = present.equals(swap.expected());
        if (succeeds) {
          store(swap.key(), swap.value());
        } else {
          revision++;
        }
        yield new Answer.Swapped(succeeds, revision);
      }
      case Call.Get get -> new Answer.Found(find(get.key()));
      case Call.GetMany many ->
          new Answer.FoundMany(revision, many.keys().stream().map(this::find).toList());
      case Call.Scan scan -> {
        List<KeyValue> found = new ArrayList<>();
        for (KeyValue record : records.values()) {
          if (record.key().startsWith(scan.prefix())) {
            found.add(record);
          }
        }
        yield new Answer.Scanned(revision, found, Optional.empty());
      }
    };
  }

  private Optional<KeyValue> find(Bytes key) {
    return Optional.ofNullable(records.get(key));
  }

  private void store(Bytes key, Bytes value) {
    revision++;
    KeyValue before = records.get(key);
    records.put(
        key,
        before == null
            ? new KeyValue(key, value, revision, revision, 1)
            : new KeyValue(key, value, before.createRevision(), revision, before.version() + 1));
  }
}
