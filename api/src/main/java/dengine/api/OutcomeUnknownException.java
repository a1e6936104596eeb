package dengine.api;

/// The write may or may not take effect, now or a little later: its deadline passed, the leader
/// lost its leadership, or the connection broke after it was sent. Retrying is safe only for an
/// idempotent write or a compare-and-swap whose success cannot be mistaken for another's.
public final class OutcomeUnknownException extends DEngineException {

  private static final long serialVersionUID = 1L;

  public OutcomeUnknownException(String message) {
    super(message);
  }

  public OutcomeUnknownException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.CONNECTION_TIMEOUT;
  }
}
