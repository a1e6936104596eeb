package dengine.bench;

import dengine.api.Bytes;
import dengine.kv.KeyValueStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// Writes at a steady pace of one every millisecond, and notes how late each was finished after it
/// was due: a pause delays all that come due in it.
final class PacedWrites {

  private static final int BATCH = 20;
  private static final long PACE_NANOS = 1_000_000;

  /// A write that begins now and says when it is over, on any thread.
  @FunctionalInterface
  interface Write {
    void start(int number, Runnable done);
  }

  private final Write write;
  private long[] late = new long[1 << 16];
  private int count;
  private int next;
  private int underWay;

  PacedWrites(Write write) {
    this.write = write;
  }

  /// Batches that are applied to a bare store.
  ///
  /// @param clusterTime what the entries say, in milliseconds
  static PacedWrites applied(KeyValueStore store, Bytes[] keys, LongSupplier clusterTime) {
    return new PacedWrites(
        (number, done) -> {
          int first = (int) ((long) number * BATCH % keys.length);
          store.apply(new Puts(keys, store.revision(), first, BATCH, clusterTime.getAsLong(), 0));
          done.run();
        });
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
  synchronized void forget() {
    count = 0;
  }

  /// What this part of the writes did not take longer than, in microseconds.
  synchronized double micros(double part) {
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
      long since = due;
      begin();
      write.start(next++, () -> note(System.nanoTime() - since));
    }
    awaitThose();
  }

  private synchronized void begin() {
    underWay++;
  }

  /// The slowest ones count too.
  private synchronized void awaitThose() {
    try {
      while (underWay > 0) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }

  private synchronized void note(long nanos) {
    underWay--;
    notifyAll();
    if (count == late.length) {
      late = Arrays.copyOf(late, 2 * count);
    }
    late[count++] = nanos;
  }
}
