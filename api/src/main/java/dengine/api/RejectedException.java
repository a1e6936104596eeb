package dengine.api;

/// The request was refused: a write is certainly not in the log and never will be. It may be tried
/// again without danger.
public abstract sealed class RejectedException extends DEngineException
    permits NotLeaderException,
        InvalidRequestException,
        RateLimitedException,
        ClusterUnavailableException,
        CompactedException,
        MembershipChangeRefusedException,
        SnapshotFailedException {

  private static final long serialVersionUID = 1L;

  RejectedException(String message) {
    super(message);
  }

  RejectedException(String message, Throwable cause) {
    super(message, cause);
  }
}
