package dengine.cli;

/// A command ends with this line on standard error and this exit code.
final class CommandException extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private final int exitCode;

  CommandException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
