package dengine.testkit.chaos;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// What a run remembers for its judgement: the operations of its clients, and what those who watch
/// were told. Bounded. On a quick machine a run would be full of them before all that has to happen
/// has, so clients wait while they are ahead of the time. For any number of threads.
final class Memory {

  /// How much of it may be used at once, whatever the time.
  private static final double AT_ONCE = 1.0 / 3;

  /// How much of it may be used while clients go on; the rest is for what is told and read once all
  /// is whole again.
  private static final double WHILE_RUNNING = 0.8;

  private final int maxOperations;
  private final int maxEvents;
  private final long longestNanos;
  private final long start = System.nanoTime();
  private final AtomicInteger operations = new AtomicInteger();
  private final AtomicInteger events = new AtomicInteger();

  Memory(ChaosOptions options) {
    this(options.maxOperations(), options.maxEvents(), options.maxSeconds());
  }

  /// @param seconds how long clients may go on
  Memory(int maxOperations, int maxEvents, int seconds) {
    this.maxOperations = maxOperations;
    this.maxEvents = maxEvents;
    this.longestNanos = TimeUnit.SECONDS.toNanos(seconds);
  }

  /// One more operation is remembered.
  void addOperation() {
    operations.incrementAndGet();
  }

  /// One more event is remembered.
  void addEvent() {
    events.incrementAndGet();
  }

  int events() {
    return events.get();
  }

  /// Whether those who watch have to stop.
  boolean isFullOfEvents() {
    return events.get() >= maxEvents;
  }

  /// Whether clients have to wait: more of it is used than they may by now.
  boolean isAhead() {
    return isAhead(System.nanoTime() - start);
  }

  /// @param elapsedNanos since the run began
  boolean isAhead(long elapsedNanos) {
    double time = Math.min(1, (double) elapsedNanos / longestNanos);
    double share = AT_ONCE + (WHILE_RUNNING - AT_ONCE) * time;
    return operations.get() >= share * maxOperations || events.get() >= share * maxEvents;
  }
}
