package dengine.api;

import java.time.Duration;

/// How long a key may live: 1 millisecond to a hundred years.
public final class TimeToLive {

  /// The longest, a hundred years: what is meant for ever has none.
  public static final Duration LONGEST = Duration.ofDays(36_525);

  private TimeToLive() {}

  /// In whole milliseconds, rounded up.
  ///
  /// @throws InvalidRequestException if it is not positive, or longer than [#LONGEST]
  public static long millis(Duration ttl) {
    if (ttl.isNegative() || ttl.isZero() || ttl.compareTo(LONGEST) > 0) {
      throw new InvalidRequestException("ttl", ttl, "more than 0, at most " + LONGEST);
    }
    return ttl.plusNanos(999_999).toMillis();
  }
}
