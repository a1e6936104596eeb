package dengine.client;

import com.google.protobuf.InvalidProtocolBufferException;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.SnapshotFailedException;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Failure;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;

/// Reads the server's failures as the exceptions of the API.
final class Refusals {

  private static final Metadata.Key<byte[]> FAILURE_TRAILER =
      Metadata.Key.of("dengine-failure-bin", Metadata.BINARY_BYTE_MARSHALLER);

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
              withoutHint(message), Duration.ofMillis(Math.max(1, hints.getRetryAfterMs())));
      case RETRY_REQUIRED ->
          new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, message);
      case PROPOSE_FAILED ->
          new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, message);
      case STORAGE_IO_ERROR -> new SnapshotFailedException(message);
      default -> new ClusterUnavailableException(message);
    };
  }

  /// Which bound was reached, without the advice that the exception adds again.
  private static String withoutHint(String message) {
    int hint = message.lastIndexOf("; try again in ");
    String bound = hint < 0 ? message : message.substring(0, hint);
    return bound.isEmpty() ? "the server is overloaded" : bound;
  }

  /// Reads the status with which a call ended.
  ///
  /// @param change whether the call changes something: only then an outcome can be unknown
  static DEngineException exception(StatusRuntimeException ended, boolean change) {
    Status status = ended.getStatus();
    Metadata trailers = ended.getTrailers();
    byte[] told = trailers == null ? null : trailers.get(FAILURE_TRAILER);
    if (told != null) {
      try {
        return exception(Failure.parseFrom(told), change);
      } catch (InvalidProtocolBufferException e) {
        // As if nothing had been told.
      }
    }
    String message = status.getCode() + " " + status.getDescription();
    return switch (status.getCode()) {
      case INVALID_ARGUMENT -> new InvalidRequestException(message);
      case UNIMPLEMENTED ->
          new ClusterUnavailableException(
              "the server does not offer this, it may be an embedded engine: " + message);
      default ->
          change
              ? new OutcomeUnknownException(message, ended)
              : new ClusterUnavailableException(message, ended);
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
