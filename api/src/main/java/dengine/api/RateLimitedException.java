package dengine.api;

import java.time.Duration;

/// A bounded queue is full. Nothing was written; try again after [#retryAfter].
public final class RateLimitedException extends RejectedException {

  private static final long serialVersionUID = 1L;
  private final Duration retryAfter;

  public RateLimitedException(String message, Duration retryAfter) {
    super(message + "; try again in " + retryAfter.toMillis() + " ms");
    this.retryAfter = retryAfter;
  }

  /// A sensible time to wait.
  public Duration retryAfter() {
    return retryAfter;
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.RATE_LIMITED;
  }
}
