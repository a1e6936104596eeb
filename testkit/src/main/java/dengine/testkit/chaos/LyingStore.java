package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A store that is wrong now and then: what the whole run must notice, or it proves nothing. Used
/// by one client.
final class LyingStore implements Store {

  /// One operation in this many is a lie.
  private static final int RARITY = 50;

  private record Write(Bytes key, Bytes value) {}

  private final Store store;
  private final ChaosOptions.Lie lie;
  private final Map<Bytes, Optional<KeyValue>> firstFound = new HashMap<>();
  private Optional<Write> earlier = Optional.empty();
  private long lastRevision;
  private int calls;

  LyingStore(Store store, ChaosOptions.Lie lie) {
    this.store = store;
    this.lie = lie;
  }

  private boolean lies(ChaosOptions.Lie kind) {
    return lie == kind && ++calls % RARITY == 0;
  }

  @Override
  public long put(Bytes key, Bytes value) {
    if (lies(ChaosOptions.Lie.LOST_WRITE)) {
      return lastRevision + 1;
    }
    if (lies(ChaosOptions.Lie.DOUBLE_WRITE)) {
      earlier.ifPresent(write -> store.put(write.key(), write.value()));
      earlier = Optional.empty();
    }
    lastRevision = store.put(key, value);
    if (earlier.isEmpty()) {
      earlier = Optional.of(new Write(key, value));
    }
    return lastRevision;
  }

  @Override
  public long delete(Bytes key) {
    return store.delete(key);
  }

  @Override
  public Swap compareAndSwap(Bytes key, Optional<Bytes> expected, Bytes value) {
    return store.compareAndSwap(key, expected, value);
  }

  @Override
  public Optional<KeyValue> get(Bytes key, ReadPolicy policy) {
    if (lies(ChaosOptions.Lie.STALE_READ) && firstFound.containsKey(key)) {
      return firstFound.get(key);
    }
    Optional<KeyValue> found = store.get(key, policy);
    firstFound.putIfAbsent(key, found);
    return found;
  }

  @Override
  public Values getMany(List<Bytes> keys) {
    return store.getMany(keys);
  }

  @Override
  public Page scan(Scan scan) {
    return store.scan(scan);
  }

  @Override
  public void close() {
    store.close();
  }
}
