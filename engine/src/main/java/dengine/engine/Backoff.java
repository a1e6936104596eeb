package dengine.engine;

/// Waits that double. Belongs to whoever uses it.
final class Backoff {

  private final long first;
  private final long last;
  private long wait;
  private long until = Long.MIN_VALUE;

  /// @param first nanoseconds of the first wait
  /// @param last nanoseconds of the longest
  Backoff(long first, long last) {
    this.first = first;
    this.last = last;
    this.wait = first;
  }

  /// It failed: waits, twice as long as the last time.
  void failed(long now) {
    until = now + wait;
    wait = Math.min(last, 2 * wait);
  }

  /// It worked: the next wait is a short one again.
  void succeeded() {
    wait = first;
    until = Long.MIN_VALUE;
  }

  /// Whether the wait is over.
  boolean isOver(long now) {
    return until == Long.MIN_VALUE || now - until >= 0;
  }

  /// When it is over; not in the future if there is none.
  long until(long now) {
    return until == Long.MIN_VALUE ? now : until;
  }
}
