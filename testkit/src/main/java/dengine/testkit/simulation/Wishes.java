package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.testkit.linearizability.Call;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// What clients ask for: a few keys, so that they get into each other's way; values that nobody
/// writes twice; swaps of what somebody saw last.
final class Wishes {

  private static final Bytes PREFIX = Bytes.of("/k");

  private final RandomGenerator random;
  private final int keys;
  private final Map<Bytes, Bytes> lastSeen = new TreeMap<>();
  private long written;

  Wishes(RandomGenerator random, int keys) {
    this.random = random;
    this.keys = keys;
  }

  Call next() {
    Bytes key = key();
    int dice = random.nextInt(100);
    if (dice < 25) {
      return new Call.Put(key, value());
    } else if (dice < 45) {
      return new Call.CompareAndSwap(key, Optional.ofNullable(lastSeen.get(key)), value());
    } else if (dice < 50) {
      return new Call.Delete(key);
    } else if (dice < 80) {
      return new Call.Get(key);
    } else if (dice < 92) {
      return new Call.GetMany(List.of(key, key()));
    }
    return everything();
  }

  Call put() {
    return new Call.Put(key(), value());
  }

  Call everything() {
    return new Call.Scan(PREFIX);
  }

  Optional<KeyValue> seen(Bytes key, Optional<KeyValue> found) {
    found.ifPresentOrElse(record -> lastSeen.put(key, record.value()), () -> lastSeen.remove(key));
    return found;
  }

  private Bytes value() {
    return Bytes.of("v" + ++written + "-".repeat(random.nextInt(100)));
  }

  private Bytes key() {
    return Bytes.of("/k" + random.nextInt(keys));
  }
}
