package dengine.server.config;

import java.time.Duration;

/// Durations as people write them: `500ms`, `1.5s`, `2m`; a plain number counts milliseconds.
public final class Durations {

  private static final Duration DAY = Duration.ofHours(24);

  private Durations() {}

  /// Reads a duration from one millisecond to one day.
  ///
  /// @throws IllegalArgumentException if it is none; the message says what is permitted
  public static Duration parse(String text) {
    return parse(text, DAY);
  }

  /// Reads a duration from one millisecond to another one.
  ///
  /// @throws IllegalArgumentException if it is none; the message says what is permitted
  public static Duration parse(String text, Duration longest) {
    Quantities.Period any = new Quantities.Period(Duration.ofMillis(1), longest);
    try {
      return any.parse(text);
    } catch (Kind.Unfit e) {
      throw new IllegalArgumentException(e.reason() + "; permitted: " + any.permitted(), e);
    }
  }

  /// The duration in the largest unit that divides it, readable by [#parse].
  public static String text(Duration duration) {
    return Quantities.written(duration);
  }
}
