package dengine.embedded;

import static dengine.embedded.Meters.BYTES;
import static dengine.embedded.Meters.NO_UNIT;

import dengine.kv.Footprint;
import java.util.function.ToDoubleFunction;

/// How much a node's store holds.
final class StoreMeters {

  private StoreMeters() {}

  static void bind(Meters meters) {
    meters.gauge(
        "dengine.store.keys",
        NO_UNIT,
        "keys, with those whose time has come and that are still to be removed",
        of(Footprint::keys));
    meters.gauge(
        "dengine.store.live",
        BYTES,
        "keys and values, and a header for each",
        of(Footprint::liveBytes));
    meters.gauge(
        "dengine.store.held",
        BYTES,
        "what holds them, older versions and free room included: memory, or files of RocksDB",
        of(Footprint::heldBytes));
    meters.gauge(
        "dengine.store.index",
        BYTES,
        "memory for what finds them, roughly: indexes, or buffers and caches of RocksDB",
        of(Footprint::indexBytes));
    meters.counter(
        "dengine.store.expired",
        "keys that were removed because their time had come",
        e -> e.watchActivity().expiries());
  }

  private static ToDoubleFunction<EmbeddedEngine> of(ToDoubleFunction<Footprint> size) {
    return engine -> {
      try {
        return size.applyAsDouble(engine.store().footprint());
      } catch (IllegalStateException closed) {
        // A store on disk knows it no more; its registry may live on.
        return Double.NaN;
      }
    };
  }
}
