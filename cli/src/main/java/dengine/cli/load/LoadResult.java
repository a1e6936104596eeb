package dengine.cli.load;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/// What a load took.
///
/// @param succeeded operations that ended well while it was measured
/// @param failed operations that did not, by the kind of error
/// @param elapsed how long was measured
/// @param latencies latencies of those that succeeded: `p50`, `p90`, `p99`, `p99.9`, `max`, in
///     this order
public record LoadResult(
    long succeeded, Map<String, Long> failed, Duration elapsed, Map<String, Duration> latencies) {

  public LoadResult {
    failed = new TreeMap<>(failed);
  }

  /// Successful operations per second.
  public double perSecond() {
    return succeeded / (elapsed.toNanos() / 1e9);
  }
}
