package dengine.testkit.simulation;

/// Something happened that never may.
public final class Violation extends AssertionError {

  private static final long serialVersionUID = 1L;

  Violation(String what) {
    super(what);
  }

  Violation(String what, Throwable cause) {
    super(what, cause);
  }
}
