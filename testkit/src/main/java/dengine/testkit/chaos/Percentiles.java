package dengine.testkit.chaos;

import java.util.Arrays;

/// Durations of many calls, in nanoseconds, for percentiles; exact, all are kept. For any number of
/// threads.
final class Percentiles {

  private static final int FIRST_CAPACITY = 1 << 16;

  private long[] nanos = new long[FIRST_CAPACITY];
  private int count;

  synchronized void add(long value) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = value;
  }

  /// Everything so far, and begins anew.
  synchronized Percentiles take() {
    Percentiles taken = new Percentiles();
    taken.nanos = nanos;
    taken.count = count;
    nanos = new long[FIRST_CAPACITY];
    count = 0;
    return taken;
  }

  synchronized int count() {
    return count;
  }

  /// The value below which this part of all lies, in milliseconds; 0 if there is none.
  ///
  /// @param part 0 to 1
  synchronized double millis(double part) {
    if (count == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    int at = (int) Math.min(count - 1L, (long) Math.ceil(part * count) - 1);
    return sorted[Math.max(0, at)] / 1e6;
  }
}
