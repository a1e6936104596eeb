package dengine.api;

/// The client or engine was closed by this application. From an embedded engine: the write is
/// certainly in no log (one that may be ends with [OutcomeUnknownException]). From a client of a
/// server: a write that was in flight may or may not have taken effect.
public final class ClosedException extends DEngineException {

  private static final long serialVersionUID = 1L;

  public ClosedException(String what) {
    super(what + " is closed");
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.GENERAL;
  }
}
