package dengine.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/// Holds a decoder to its bounds: an input may cost 100 ms of the processor, and in memory eight
/// times its size plus a constant. What is counted is all that is allocated, also what is garbage
/// at once. A call that goes beyond is made again, because the first one loads classes; the
/// cheapest counts.
public final class Meter {

  /// Bytes that decoding may allocate for each byte of its input.
  public static final int BYTES_PER_BYTE = 8;

  private static final long MOST_NANOS = Duration.ofMillis(100).toNanos();
  private static final int TRIES = 4;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final int overheadBytes;

  /// Measures what the decoder allocates and nothing else.
  public Meter() {
    this(0);
  }

  /// Makes allowance for something else.
  ///
  /// @param overheadBytes what something else may allocate during a call: a fuzzer's agent
  public Meter(int overheadBytes) {
    this.overheadBytes = overheadBytes;
  }

  /// A decoder at work; it can be called again.
  public interface Decoding {
    /// Decodes; catches what is declared.
    void run();
  }

  /// Runs a decoder.
  ///
  /// @param inputBytes size of what it decodes
  /// @param constantBytes what it may allocate whatever the input is
  /// @throws IllegalStateException if it costs too much
  public void measure(int inputBytes, int constantBytes, Decoding decoding) {
    long mostBytes = (long) BYTES_PER_BYTE * inputBytes + constantBytes + overheadBytes;
    long nanos = Long.MAX_VALUE;
    long bytes = Long.MAX_VALUE;
    for (int i = 0; i < TRIES && (nanos > MOST_NANOS || bytes > mostBytes); i++) {
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long start = THREADS.getCurrentThreadCpuTime();
      decoding.run();
      nanos = Math.min(nanos, THREADS.getCurrentThreadCpuTime() - start);
      bytes = Math.min(bytes, THREADS.getCurrentThreadAllocatedBytes() - allocated);
    }
    if (nanos > MOST_NANOS || bytes > mostBytes) {
      throw new IllegalStateException(
          "an input of %d bytes cost %d us and %d bytes, permitted are %d us and %d bytes"
              .formatted(inputBytes, nanos / 1000, bytes, MOST_NANOS / 1000, mostBytes));
    }
  }
}
