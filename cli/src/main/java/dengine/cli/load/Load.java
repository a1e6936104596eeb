package dengine.cli.load;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.DEngineException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/// Callers in a closed loop: each one waits for its answer before it asks again. Ends by itself:
/// every phase is bounded in time, and every call by the client's deadline.
public final class Load {

  private static final int KEY_BYTES = 8;
  private static final long LONGEST_LATENCY_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final Duration LONGEST_FILLING = Duration.ofMinutes(1);
  // After so many failures in a row without one success, more would say nothing new.
  private static final int HOPELESS = 100;

  private final Client client;
  private final LoadOptions options;
  private final List<Bytes> values;
  private final Histogram latencies = new ConcurrentHistogram(LONGEST_LATENCY_NANOS, 3);
  private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
  private final AtomicInteger failuresInARow = new AtomicInteger();

  private Load(Client client, LoadOptions options) {
    this.client = client;
    this.options = options;
    SplittableRandom random = new SplittableRandom(options.seed());
    this.values = IntStream.range(0, 64).mapToObj(i -> value(random)).toList();
  }

  /// Makes the load and says what it took.
  ///
  /// @throws DEngineException if the keys to be read could not be written beforehand
  public static LoadResult run(Client client, LoadOptions options) {
    Load load = new Load(client, options);
    if (options.reads()) {
      load.fill();
    }
    load.phase(options.warmUp(), false);
    load.failures.clear();
    long begin = System.nanoTime();
    load.phase(options.duration(), true);
    return load.result(Duration.ofNanos(System.nanoTime() - begin));
  }

  // Reads of keys that do not exist would measure something else.
  private void fill() {
    AtomicInteger next = new AtomicInteger();
    long deadline = System.nanoTime() + LONGEST_FILLING.toNanos();
    forEachCaller(
        caller -> {
          int i;
          while ((i = next.getAndIncrement()) < options.keys() && System.nanoTime() < deadline) {
            client.put(key(i), values.get(i % values.size()));
          }
        });
  }

  private void phase(Duration length, boolean measured) {
    long deadline = System.nanoTime() + length.toNanos();
    forEachCaller(
        caller -> {
          SplittableRandom random = new SplittableRandom(options.seed() * 31 + caller);
          while (System.nanoTime() < deadline && failuresInARow.get() < HOPELESS) {
            long begin = System.nanoTime();
            try {
              operation(random);
              failuresInARow.set(0);
              if (measured) {
                long taken = System.nanoTime() - begin;
                latencies.recordValue(Math.min(taken, LONGEST_LATENCY_NANOS));
              }
            } catch (DEngineException e) {
              failuresInARow.incrementAndGet();
              failures
                  .computeIfAbsent(e.getClass().getSimpleName(), name -> new LongAdder())
                  .increment();
            }
          }
        });
  }

  private void operation(SplittableRandom random) {
    Bytes key = key(random.nextInt(options.keys()));
    boolean read =
        switch (options.operations()) {
          case PUT -> false;
          case GET -> true;
          case MIXED -> random.nextBoolean();
        };
    if (read) {
      client.get(key, options.policy());
    } else {
      client.put(key, values.get(random.nextInt(values.size())));
    }
  }

  private interface Caller {
    void run(int number);
  }

  private void forEachCaller(Caller caller) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running =
          IntStream.range(0, options.callers())
              .<Future<?>>mapToObj(number -> threads.submit(() -> caller.run(number)))
              .toList();
      for (Future<?> future : running) {
        await(future);
      }
    }
  }

  private static void await(Future<?> future) {
    try {
      future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private LoadResult result(Duration elapsed) {
    Map<String, Duration> percentiles = new LinkedHashMap<>();
    for (double percentile : new double[] {50, 90, 99, 99.9}) {
      String name = "p" + String.valueOf(percentile).replaceAll("\\.0$", "");
      percentiles.put(name, Duration.ofNanos(latencies.getValueAtPercentile(percentile)));
    }
    percentiles.put("max", Duration.ofNanos(latencies.getMaxValue()));
    Map<String, Long> failed = new LinkedHashMap<>();
    failures.forEach((kind, count) -> failed.put(kind, count.sum()));
    return new LoadResult(latencies.getTotalCount(), failed, elapsed, percentiles);
  }

  private static Bytes key(int number) {
    byte[] key = new byte[KEY_BYTES];
    key[0] = 'b';
    for (int i = KEY_BYTES - 1, rest = number; i > 0; i--, rest /= 10) {
      key[i] = (byte) ('0' + rest % 10);
    }
    return Bytes.wrap(key);
  }

  private static Bytes value(SplittableRandom random) {
    byte[] value = new byte[LoadOptions.VALUE_BYTES];
    random.nextBytes(value);
    return Bytes.wrap(value);
  }
}
