package dengine.testkit.chaos;

import dengine.api.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// All changes that are known, by revision and by key; no value stands for a removal.
final class Changes {

  private final NavigableMap<Long, Map<Bytes, Optional<Bytes>>> byRevision = new TreeMap<>();
  private final Map<Bytes, NavigableMap<Long, Optional<Bytes>>> byKey = new HashMap<>();
  private long count;

  /// The last change of a key before another one.
  record Before(long revision, Optional<Bytes> value) {}

  /// Adds a change; whether it agrees with what is known of the same key at the same revision.
  boolean add(long revision, Bytes key, Optional<Bytes> value) {
    Optional<Bytes> known =
        byRevision.computeIfAbsent(revision, _ -> new HashMap<>(2)).putIfAbsent(key, value);
    if (known == null) {
      byKey.computeIfAbsent(key, _ -> new TreeMap<>()).put(revision, value);
      count++;
      return true;
    }
    return known.equals(value);
  }

  /// The last one of a key before a revision.
  Optional<Before> before(long revision, Bytes key) {
    NavigableMap<Long, Optional<Bytes>> all = byKey.get(key);
    return Optional.ofNullable(all == null ? null : all.lowerEntry(revision))
        .map(entry -> new Before(entry.getKey(), entry.getValue()));
  }

  /// Those after one revision up to another.
  NavigableMap<Long, Map<Bytes, Optional<Bytes>>> between(long after, long upTo) {
    return after >= upTo ? new TreeMap<>() : byRevision.subMap(after, false, upTo, true);
  }

  long count() {
    return count;
  }
}
