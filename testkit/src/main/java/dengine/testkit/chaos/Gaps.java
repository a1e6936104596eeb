package dengine.testkit.chaos;

import java.time.Duration;
import java.util.Arrays;

/// Times of events, and how far they lie apart. For any number of threads.
final class Gaps {

  private static final int FIRST_CAPACITY = 1 << 16;

  private long[] times = new long[FIRST_CAPACITY];
  private int count;

  /// Something happened now. In here, so that times ascend.
  synchronized void happened() {
    if (count == times.length) {
      times = Arrays.copyOf(times, 2 * count);
    }
    times[count++] = System.nanoTime();
  }

  synchronized int count() {
    return count;
  }

  /// The longest time without an event since the event with this number.
  synchronized Duration longestSince(int first) {
    long longest = 0;
    for (int i = Math.max(1, first); i < count; i++) {
      longest = Math.max(longest, times[i] - times[i - 1]);
    }
    if (count > 0) {
      longest = Math.max(longest, System.nanoTime() - times[count - 1]);
    }
    return Duration.ofNanos(longest);
  }
}
