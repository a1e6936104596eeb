package dengine.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Closed loops: so many callers, each with one operation under way.
final class Callers {

  /// An operation that is over when it returns.
  @FunctionalInterface
  interface Blocking {

    /// Runs it.
    ///
    /// @param key a random number below the loop's number of keys
    void call(int key) throws Exception;
  }

  /// An operation that says when it is over.
  @FunctionalInterface
  interface Async {
    void call(int key, BiConsumer<@Nullable Object, @Nullable Throwable> done);
  }

  /// Failures are counted, not measured: they may happen when leadership moves on a busy machine.
  private static final LongAdder FAILURES = new LongAdder();

  private static volatile String lastFailure = "";

  private Callers() {}

  static Side.Load virtual(int callers, int keys, Blocking operation) {
    return time -> blocking(callers, keys, operation, time, true);
  }

  static Side.Load platform(int callers, int keys, Blocking operation) {
    return time -> blocking(callers, keys, operation, time, false);
  }

  /// As many chains of operations, each started when its predecessor is over, on whichever
  /// thread says so.
  static Side.Load async(int inFlight, int keys, Async operation) {
    return time -> {
      CountDownLatch ended = new CountDownLatch(inFlight);
      Stop stop = new Stop();
      List<Chain> chains = new ArrayList<>();
      long start = System.nanoTime();
      for (int i = 0; i < inFlight; i++) {
        Chain chain = new Chain(operation, keys, stop, ended, i);
        chains.add(chain);
        chain.pump();
      }
      sleep(time);
      long operations = chains.stream().mapToLong(chain -> chain.operations).sum();
      double seconds = (System.nanoTime() - start) / 1e9;
      stop.now = true;
      if (!ended.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(ended.getCount() + " operations did not end");
      }
      complain();
      return operations / seconds;
    };
  }

  /// The same for operations that give futures.
  static Side.Load futures(int inFlight, int keys, IntFunction<CompletableFuture<?>> operation) {
    return async(
        inFlight,
        keys,
        (key, done) -> {
          CompletableFuture<?> _ = operation.apply(key).whenComplete(done);
        });
  }

  private static double blocking(
      int callers, int keys, Blocking operation, Duration time, boolean virtual) throws Exception {
    Stop stop = new Stop();
    long[] operations = new long[callers * 8];
    List<Thread> threads = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < callers; i++) {
      int number = i;
      Runnable loop = () -> operations[number * 8] = loop(keys, operation, stop, number);
      threads.add(
          virtual ? Thread.startVirtualThread(loop) : Thread.ofPlatform().daemon().start(loop));
    }
    sleep(time);
    stop.now = true;
    double seconds = (System.nanoTime() - start) / 1e9;
    for (Thread thread : threads) {
      thread.join();
    }
    long sum = 0;
    for (long each : operations) {
      sum += each;
    }
    complain();
    return sum / seconds;
  }

  private static long loop(int keys, Blocking operation, Stop stop, int number) {
    SplittableRandom random = new SplittableRandom(number);
    long operations = 0;
    while (!stop.now) {
      try {
        operation.call(random.nextInt(keys));
        operations++;
      } catch (Exception failure) {
        failed(failure);
      }
    }
    return operations;
  }

  /// A loop of failures must not keep others from working.
  private static void failed(Throwable failure) {
    FAILURES.increment();
    lastFailure = failure.toString();
    LockSupport.parkNanos(1_000_000);
  }

  private static void complain() {
    long failures = FAILURES.sumThenReset();
    if (failures > 0) {
      System.out.println("    " + failures + " operations failed, the last with " + lastFailure);
    }
  }

  private static void sleep(Duration time) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(time.toNanos());
  }

  private static final class Stop {
    volatile boolean now;
  }

  /// One caller. `turns` counts what it has to start: an operation that ends before its call
  /// returns must not be followed by the next one on top of it.
  private static final class Chain implements BiConsumer<@Nullable Object, @Nullable Throwable> {
    private final Async operation;
    private final int keys;
    private final Stop stop;
    private final CountDownLatch ended;
    private final SplittableRandom random;
    private final AtomicInteger turns = new AtomicInteger();
    private volatile long operations;

    Chain(Async operation, int keys, Stop stop, CountDownLatch ended, int number) {
      this.operation = operation;
      this.keys = keys;
      this.stop = stop;
      this.ended = ended;
      this.random = new SplittableRandom(number);
    }

    void pump() {
      if (turns.getAndIncrement() == 0) {
        do {
          if (stop.now) {
            ended.countDown();
          } else {
            operation.call(random.nextInt(keys), this);
          }
        } while (turns.decrementAndGet() != 0);
      }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one operation at a time
    public void accept(@Nullable Object result, @Nullable Throwable failure) {
      if (failure == null) {
        operations++;
      } else {
        failed(failure);
      }
      pump();
    }
  }
}
