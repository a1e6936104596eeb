package dengine.api;

/// The request breaks a limit or makes no sense. Trying it again unchanged fails again.
public final class InvalidRequestException extends RejectedException {

  private static final long serialVersionUID = 1L;

  public InvalidRequestException(String message) {
    super(message);
  }

  /// @param field what is wrong
  /// @param value what was given (a size, a number, a name; never a value's content)
  /// @param permitted what may be given
  public InvalidRequestException(String field, Object value, String permitted) {
    super(field + " = " + value + ", permitted: " + permitted);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.INVALID_REQUEST;
  }
}
