package dengine.grpc;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.CompactedException;
import dengine.api.DEngineException;
import dengine.api.EngineStoppedException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.SnapshotFailedException;
import dengine.proto.error.ErrorCode;
import dengine.proto.error.ErrorMetadata;
import dengine.proto.v1.Failure;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// What went wrong with a call, in every form the wire has for it. `docs/wire.md` has the table.
///
/// @param code the error's number
/// @param rejected whether the call certainly has no effect and never will
/// @param inBody whether a response with an error field says so itself; otherwise the status does
/// @param status the gRPC status where there is no error field, or it must not be used
/// @param metadata hints: the leader, when to try again
/// @param message what happened, for people
record Problem(
    ErrorCode code,
    boolean rejected,
    boolean inBody,
    Status.Code status,
    ErrorMetadata metadata,
    String message) {

  /// The trailer in which clients of the original look for the leader.
  static final Metadata.Key<String> LEADER_TRAILER =
      Metadata.Key.of("x-raft-leader", Metadata.ASCII_STRING_MARSHALLER);

  /// The trailer with a [Failure].
  static final Metadata.Key<byte[]> FAILURE_TRAILER =
      Metadata.Key.of("dengine-failure-bin", Metadata.BINARY_BYTE_MARSHALLER);

  static Problem of(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof DEngineException known ? of(known) : unexpected(cause);
  }

  private static Problem of(DEngineException failure) {
    String message = String.valueOf(failure.getMessage());
    ErrorMetadata.Builder hints = ErrorMetadata.newBuilder().setDebugMessage(message);
    return switch (failure) {
      case NotLeaderException e -> {
        e.leaderId().ifPresent(id -> hints.setLeaderId(Integer.toString(id)));
        e.leaderAddress().ifPresent(hints::setLeaderAddress);
        yield rejected(ErrorCode.NOT_LEADER, true, Status.Code.FAILED_PRECONDITION, hints);
      }
      case InvalidRequestException e ->
          rejected(ErrorCode.INVALID_REQUEST, false, Status.Code.INVALID_ARGUMENT, hints);
      case RateLimitedException e ->
          rejected(
              ErrorCode.RATE_LIMITED,
              true,
              Status.Code.RESOURCE_EXHAUSTED,
              hints.setRetryAfterMs(Math.max(1, e.retryAfter().toMillis())));
      case ClusterUnavailableException e ->
          rejected(ErrorCode.CLUSTER_UNAVAILABLE, true, Status.Code.UNAVAILABLE, hints);
      case CompactedException e ->
          rejected(ErrorCode.STALE_OPERATION, false, Status.Code.OUT_OF_RANGE, hints);
      case MembershipChangeRefusedException e ->
          switch (e.reason()) {
            case CHANGE_IN_PROGRESS ->
                rejected(ErrorCode.RETRY_REQUIRED, false, Status.Code.ABORTED, hints);
            case WOULD_LOSE_QUORUM ->
                rejected(ErrorCode.PROPOSE_FAILED, false, Status.Code.FAILED_PRECONDITION, hints);
          };
      case SnapshotFailedException e ->
          rejected(ErrorCode.STORAGE_IO_ERROR, false, Status.Code.FAILED_PRECONDITION, hints);
      case OutcomeUnknownException e ->
          unknown(ErrorCode.CONNECTION_TIMEOUT, Status.Code.DEADLINE_EXCEEDED, hints);
      // The engine says so only of what certainly is in no log: a rolling restart costs no
      // certainty.
      case ClosedException e ->
          rejected(ErrorCode.CLUSTER_UNAVAILABLE, false, Status.Code.UNAVAILABLE, hints);
      case EngineStoppedException e ->
          unknown(ErrorCode.STORAGE_IO_ERROR, Status.Code.UNAVAILABLE, hints);
    };
  }

  /// A bug of ours: the client learns no more than that.
  private static Problem unexpected(Throwable cause) {
    System.getLogger(Problem.class.getName())
        .log(System.Logger.Level.ERROR, "a call failed in a way it must not", cause);
    return unknown(
        ErrorCode.GENERAL,
        Status.Code.INTERNAL,
        ErrorMetadata.newBuilder().setDebugMessage("internal error, see the server's log"));
  }

  private static Problem rejected(
      ErrorCode code, boolean inBody, Status.Code status, ErrorMetadata.Builder hints) {
    return new Problem(code, true, inBody, status, hints.build(), hints.getDebugMessage());
  }

  private static Problem unknown(ErrorCode code, Status.Code status, ErrorMetadata.Builder hints) {
    return new Problem(code, false, false, status, hints.build(), hints.getDebugMessage());
  }

  /// As a gRPC status, with the leader in the trailers if it is known.
  StatusRuntimeException asStatus() {
    return status.toStatus().withDescription(message).asRuntimeException(leaderTrailer());
  }

  /// As a gRPC status that says everything: what our own clients of unary calls need.
  StatusRuntimeException asDetailedStatus() {
    Metadata trailers = leaderTrailer();
    trailers.put(FAILURE_TRAILER, asFailure().toByteArray());
    return status.toStatus().withDescription(message).asRuntimeException(trailers);
  }

  /// What of another node's trailers may be passed on: the rest belongs to its connection.
  static Metadata ownTrailers(@Nullable Metadata trailers) {
    Metadata own = new Metadata();
    if (trailers != null) {
      own.merge(trailers, Set.of(LEADER_TRAILER, FAILURE_TRAILER));
    }
    return own;
  }

  private Metadata leaderTrailer() {
    Metadata trailers = new Metadata();
    if (metadata.hasLeaderId()) {
      trailers.put(
          LEADER_TRAILER,
          "{\"leader_id\":"
              + metadata.getLeaderId()
              + ",\"address\":\""
              + metadata.getLeaderAddress()
              + "\"}");
    }
    return trailers;
  }

  /// As a reply of the session stream.
  Failure asFailure() {
    return Failure.newBuilder()
        .setOutcome(rejected ? Failure.Outcome.OUTCOME_REJECTED : Failure.Outcome.OUTCOME_UNKNOWN)
        .setCode(code)
        .setMetadata(metadata)
        .setMessage(message)
        .build();
  }
}
