package dengine.api;

/// What can go wrong, by what the caller may conclude from it.
public abstract sealed class DEngineException extends RuntimeException
    permits RejectedException, OutcomeUnknownException, ClosedException, EngineStoppedException {

  private static final long serialVersionUID = 1L;

  DEngineException(String message) {
    super(message);
  }

  DEngineException(String message, Throwable cause) {
    super(message, cause);
  }

  /// The error's number on the wire.
  public abstract ErrorCode code();
}
