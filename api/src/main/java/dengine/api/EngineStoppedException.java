package dengine.api;

/// The engine stopped by itself because going on could have broken a promise: a failed disk, a
/// damaged log, a broken invariant. The cause says which.
public final class EngineStoppedException extends DEngineException {

  private static final long serialVersionUID = 1L;

  public EngineStoppedException(String message) {
    super(message);
  }

  public EngineStoppedException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.STORAGE_IO_ERROR;
  }
}
