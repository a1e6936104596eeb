package dengine.engine;

/// Lets a number of bytes pass per second. What passes may be larger than what is there: then
/// nothing passes until the debt is paid. Belongs to whoever uses it.
final class TokenBucket {

  private static final long SECOND = 1_000_000_000;

  /// Parts of a second that may be saved up.
  private static final int BURST = 8;

  private final long perSecond;
  private double tokens;
  private long at;

  /// @param perSecond bytes; 0 for no limit
  TokenBucket(long perSecond, long now) {
    this.perSecond = perSecond;
    this.tokens = (double) perSecond / BURST;
    this.at = now;
  }

  /// Whether something may pass.
  boolean isOpen(long now) {
    refill(now);
    return perSecond == 0 || tokens > 0;
  }

  /// Something passed.
  void pass(long bytes) {
    tokens -= bytes;
  }

  /// When something may pass.
  long due(long now) {
    refill(now);
    if (perSecond == 0 || tokens > 0) {
      return now;
    }
    return now + 1 + (long) (-tokens / perSecond * SECOND);
  }

  private void refill(long now) {
    double gained = (double) (now - at) / SECOND * perSecond;
    tokens = Math.min((double) perSecond / BURST, tokens + gained);
    at = now;
  }
}
