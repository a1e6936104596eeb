package dengine.testkit.network;

import java.time.Duration;

/// How a [TcpProxy] treats bytes. "Forward" is from the side that connected to the side that
/// listens.
///
/// Bytes that do not get through are held, not dropped: what TCP had accepted arrives after the
/// link is whole again, however old it is by then, unless the connection was cut in between. A
/// network does the same.
public sealed interface LinkMode {

  /// Everything passes at once.
  record Pass() implements LinkMode {}

  /// Everything passes, later by this much in each direction.
  record Delay(Duration each) implements LinkMode {
    public Delay {
      if (each.isNegative()) {
        throw new IllegalArgumentException("negative delay: " + each);
      }
    }
  }

  /// Connections live and are accepted, nothing passes.
  record Blackhole() implements LinkMode {}

  /// Only what the listening side sends passes.
  record BlockForward() implements LinkMode {}

  /// Only what the connecting side sends passes.
  record BlockBackward() implements LinkMode {}

  /// Connections are reset, new ones as soon as they are made.
  record Refuse() implements LinkMode {}

  /// Whether bytes in this direction are held.
  default boolean holds(boolean forward) {
    return switch (this) {
      case Pass _, Delay _ -> false;
      case Blackhole _, Refuse _ -> true;
      case BlockForward _ -> forward;
      case BlockBackward _ -> !forward;
    };
  }

  /// By how much bytes are late.
  default Duration delay() {
    return this instanceof Delay delay ? delay.each() : Duration.ZERO;
  }
}
