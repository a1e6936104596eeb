package dengine.cli.load;

import dengine.api.ReadPolicy;
import java.time.Duration;

/// What load to make. Keys are 8 bytes, `b0000000` and on; values are 256 random bytes.
///
/// @param operations what each caller does
/// @param callers how many call at the same time, each waiting for its answer, 1 to 10000
/// @param keys how many different keys, 1 to 10 million
/// @param warmUp how long to run before measuring
/// @param duration how long to measure, up to 10 minutes
/// @param policy how fresh the reads are
/// @param seed of the choice of keys and values
public record LoadOptions(
    Operations operations,
    int callers,
    int keys,
    Duration warmUp,
    Duration duration,
    ReadPolicy policy,
    long seed) {

  /// Bytes of each value.
  public static final int VALUE_BYTES = 256;

  private static final int MOST_CALLERS = 10_000;
  private static final int MOST_KEYS = 10_000_000;
  private static final Duration LONGEST = Duration.ofMinutes(10);

  /// What the callers do.
  public enum Operations {
    PUT,
    GET,
    /// One put for each get.
    MIXED
  }

  public LoadOptions {
    require(callers >= 1 && callers <= MOST_CALLERS, "clients", callers, "1 to " + MOST_CALLERS);
    require(keys >= 1 && keys <= MOST_KEYS, "keys", keys, "1 to " + MOST_KEYS);
    require(
        duration.isPositive() && duration.compareTo(LONGEST) <= 0,
        "seconds",
        duration.toSeconds(),
        "1 to " + LONGEST.toSeconds());
    require(
        !warmUp.isNegative() && warmUp.compareTo(LONGEST) <= 0,
        "warm-up",
        warmUp.toSeconds(),
        "0 to " + LONGEST.toSeconds());
  }

  boolean reads() {
    return operations != Operations.PUT;
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
