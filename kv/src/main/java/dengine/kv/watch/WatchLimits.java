package dengine.kv.watch;

import dengine.api.WatchOptions;
import java.time.Duration;

/// What a node does for those who watch.
///
/// @param historySize most changes that are kept, for those who are behind or start in the past, 1
///     to 16,777,216
/// @param historyBytes most bytes of them, at least 1
/// @param bufferSize most events that wait for one watch, 1 to [WatchOptions#LARGEST_BUFFER]
/// @param bufferBytes most bytes of them if there is more than one, at least 1
/// @param maxWatchers most watches at a time, at least 0
/// @param progressInterval about how often a watch is told that it is alive; zero for never
public record WatchLimits(
    int historySize,
    long historyBytes,
    int bufferSize,
    long bufferBytes,
    int maxWatchers,
    Duration progressInterval) {

  /// Most changes that may be kept.
  public static final int LARGEST_HISTORY = 1 << 24;

  /// The latest 65,536 changes or 32 MiB, 1024 events or 4 MiB for a watch, 10,000 watches,
  /// progress every 30 s. With one entry a thousand keys may expire.
  public static final WatchLimits DEFAULT =
      new WatchLimits(65_536, 32L << 20, 1024, 4L << 20, 10_000, Duration.ofSeconds(30));

  public WatchLimits {
    inRange("historySize", historySize, 1, LARGEST_HISTORY);
    inRange("historyBytes", historyBytes, 1, Long.MAX_VALUE);
    inRange("bufferSize", bufferSize, 1, WatchOptions.LARGEST_BUFFER);
    inRange("bufferBytes", bufferBytes, 1, Long.MAX_VALUE);
    inRange("maxWatchers", maxWatchers, 0, Integer.MAX_VALUE);
    if (progressInterval.isNegative()) {
      throw new IllegalArgumentException(
          "progressInterval = " + progressInterval + ", permitted: >= 0");
    }
  }

  /// The same with another bound for history.
  public WatchLimits withHistory(int changes, long bytes) {
    return new WatchLimits(changes, bytes, bufferSize, bufferBytes, maxWatchers, progressInterval);
  }

  /// The same with another bound for what waits for one watch.
  public WatchLimits withBuffer(int events, long bytes) {
    return new WatchLimits(historySize, historyBytes, events, bytes, maxWatchers, progressInterval);
  }

  /// The same with at most so many watches.
  public WatchLimits withMaxWatchers(int most) {
    return new WatchLimits(
        historySize, historyBytes, bufferSize, bufferBytes, most, progressInterval);
  }

  /// The same with another interval of progress.
  public WatchLimits withProgressInterval(Duration interval) {
    return new WatchLimits(
        historySize, historyBytes, bufferSize, bufferBytes, maxWatchers, interval);
  }

  private static void inRange(String field, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          field + " = " + value + ", permitted: " + least + " to " + most);
    }
  }
}
