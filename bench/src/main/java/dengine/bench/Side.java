package dengine.bench;

import java.time.Duration;
import java.util.function.Supplier;

/// One side of a comparison.
///
/// @param name what the report calls it
/// @param load what is measured
/// @param helpers processor time used so far by the other processes that do its work
record Side(String name, Load load, Supplier<Duration> helpers) {

  Side(String name, Load load) {
    this(name, load, () -> Duration.ZERO);
  }

  /// Something that can be run for a while.
  @FunctionalInterface
  interface Load {

    /// Runs for about this long.
    ///
    /// @return operations per second
    double run(Duration time) throws Exception;
  }
}
