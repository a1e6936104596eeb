package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.DEngineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Clients that overwrite a bounded number of keys with values of one size until they are closed,
/// each with one write at a time. For any number of threads.
final class Overwriting implements AutoCloseable {

  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final List<Thread> clients = new ArrayList<>();
  private final List<Store> stores = new ArrayList<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final Percentiles latencies = new Percentiles();
  private final int keys;
  private final int valueBytes;
  private final AtomicLong number = new AtomicLong();
  private volatile String lastFailure = "nothing";
  private volatile boolean paused;
  private volatile boolean running = true;
  private volatile long startNanos = System.nanoTime();
  private volatile long startCount;

  /// What happened in a part of a run.
  ///
  /// @param perSecond acknowledged writes
  /// @param p99Millis of the time an acknowledged write took
  record Part(double perSecond, double p99Millis) {}

  private Overwriting(int keys, int valueBytes) {
    this.keys = keys;
    this.valueBytes = valueBytes;
  }

  static Overwriting start(Target target, int clients, int keys, int valueBytes) {
    Overwriting load = new Overwriting(keys, valueBytes);
    for (int i = 0; i < clients; i++) {
      Store store = target.connect();
      load.stores.add(store);
      Random random = new Random(i);
      load.clients.add(
          Thread.ofVirtual().name("writer-" + i).start(() -> load.write(store, random)));
    }
    return load;
  }

  private void write(Store store, Random random) {
    byte[] value = new byte[valueBytes];
    random.nextBytes(value); // which cannot be compressed on the way
    while (running) {
      if (paused) {
        LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
        continue;
      }
      Bytes key = key(number.getAndIncrement() % keys);
      value[random.nextInt(valueBytes)]++;
      long start = System.nanoTime();
      try {
        store.put(key, Bytes.of(value));
        latencies.add(System.nanoTime() - start);
        acknowledged.incrementAndGet();
      } catch (DEngineException tryAgain) {
        lastFailure = tryAgain.toString();
        LockSupport.parkNanos(PAUSE_AFTER_FAILURE_NANOS);
      }
    }
  }

  private static Bytes key(long number) {
    return Bytes.of("large-%09d".formatted(number));
  }

  /// Whether the clients do nothing.
  void pause(boolean whether) {
    paused = whether;
  }

  /// Why the last write that failed did.
  String lastFailure() {
    return lastFailure;
  }

  /// Bytes of the values of all acknowledged writes.
  long bytes() {
    return acknowledged.get() * valueBytes;
  }

  /// Ends a part: what happened since the last one ended.
  Part takePart() {
    long now = System.nanoTime();
    long count = acknowledged.get();
    double seconds = (now - startNanos) / 1e9;
    Part part = new Part((count - startCount) / seconds, latencies.take().millis(0.99));
    startNanos = now;
    startCount = count;
    return part;
  }

  /// Waits until so many bytes more are written.
  void await(long more, Duration patience) throws InterruptedException {
    long enough = bytes() + more;
    long end = System.nanoTime() + patience.toNanos();
    while (bytes() < enough) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "not %d bytes more were written within %s; the last failure: %s"
                .formatted(more, patience, lastFailure));
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Override
  public void close() {
    running = false;
    try {
      for (Thread client : clients) {
        client.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stores.forEach(Store::close);
  }
}
