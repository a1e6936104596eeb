package dengine.client;

import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Failure;
import java.time.Duration;

/// Reads the server's failures as the exceptions of the API.
final class Refusals {

  private Refusals() {}

  /// @param write whether the call that failed changes something: only then an outcome can be
  ///     unknown
  static DEngineException exception(Failure failure, boolean write) {
    ErrorMetadata hints = failure.getMetadata();
    String message = failure.getMessage();
    if (failure.getOutcome() != Failure.Outcome.OUTCOME_REJECTED) {
      String told = message + " (" + failure.getCode() + ")";
      return write ? new OutcomeUnknownException(told) : new ClusterUnavailableException(told);
    }
    return switch (failure.getCode()) {
      case NOT_LEADER -> new NotLeaderException(leaderId(hints), hints.getLeaderAddress());
      case INVALID_REQUEST -> new InvalidRequestException(message);
      case RATE_LIMITED ->
          new RateLimitedException(
              "the server is overloaded", Duration.ofMillis(Math.max(1, hints.getRetryAfterMs())));
      default -> new ClusterUnavailableException(message);
    };
  }

  private static int leaderId(ErrorMetadata hints) {
    try {
      return hints.hasLeaderId() ? Integer.parseInt(hints.getLeaderId()) : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
