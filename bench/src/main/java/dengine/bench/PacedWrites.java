package dengine.bench;

import dengine.api.Bytes;
import dengine.kv.KeyValueStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Applies batches at a steady pace, and notes how late each was finished after it was due.
final class PacedWrites {

  private static final int BATCH = 20;
  private static final long PACE_NANOS = 1_000_000;

  private final KeyValueStore store;
  private final Bytes[] keys;
  private final LongSupplier clusterTime;
  private long[] late = new long[1 << 16];
  private int count;
  private int next;

  PacedWrites(KeyValueStore store, Bytes[] keys) {
    this(store, keys, () -> 1);
  }

  /// @param clusterTime what the entries say, in milliseconds
  PacedWrites(KeyValueStore store, Bytes[] keys, LongSupplier clusterTime) {
    this.store = store;
    this.keys = keys;
    this.clusterTime = clusterTime;
  }

  void run(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    run(() -> System.nanoTime() >= end);
  }

  /// Runs until something else is done.
  void run(Future<?> other) {
    run(other::isDone);
  }

  /// Drops what was noted.
  void forget() {
    count = 0;
  }

  /// What this part of the batches did not take longer than, in microseconds.
  double micros(double part) {
    long[] sorted = Arrays.copyOf(late, count);
    Arrays.sort(sorted);
    return sorted[Math.min(count - 1, (int) (part * count))] / 1e3;
  }

  private void run(BooleanSupplier done) {
    long due = System.nanoTime();
    while (!done.getAsBoolean()) {
      due += PACE_NANOS;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      long time = clusterTime.getAsLong();
      store.apply(new Puts(keys, store.revision(), next, BATCH, time, 0));
      next = (next + BATCH) % keys.length;
      if (count == late.length) {
        late = Arrays.copyOf(late, 2 * count);
      }
      late[count++] = System.nanoTime() - due;
    }
  }
}
