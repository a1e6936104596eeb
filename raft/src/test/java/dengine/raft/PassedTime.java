package dengine.raft;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Knows when entries were made, and that the cluster's time passes no faster than real time: who
/// asks for a key to live for a minute gets a minute, whoever leads meanwhile, and whatever times
/// were in entries that nobody else got to know.
final class PassedTime {

  private static final double NANOS_PER_MILLI = 1e6;

  /// Times are whole milliseconds.
  private static final double ROUNDING = 1.001;

  private final LongSupplier realNanos;
  private final double drift;
  private final Map<Position, Long> made = new HashMap<>();
  private long latest;

  /// How far cluster time was ahead of real time when it was least so.
  private double leastAhead = Double.MAX_VALUE;

  /// @param drift by how much a clock may run faster than real time
  PassedTime(LongSupplier realNanos, double drift) {
    this.realNanos = realNanos;
    this.drift = drift;
  }

  /// Somebody writes an entry; the first who does so made it.
  void written(Entry entry) {
    made.putIfAbsent(entry.position(), realNanos.getAsLong());
  }

  /// Entries are committed, one after the other.
  void committed(Entry entry) {
    if (entry.time() < latest) {
      throw new Ledger.Violation(
          "cluster time goes back from " + latest + " to " + entry.time() + " with " + entry);
    }
    latest = entry.time();
    double real = made.get(entry.position()) / NANOS_PER_MILLI * (1 + drift);
    double ahead = entry.time() - real;
    if (ahead > leastAhead + ROUNDING) {
      throw new Ledger.Violation(
          "cluster time passes by "
              + (ahead - leastAhead)
              + " ms more than real time with "
              + entry
              + " at "
              + entry.time());
    }
    leastAhead = Math.min(leastAhead, ahead);
  }
}
