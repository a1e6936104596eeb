package dengine.testkit.simulation;

import org.jspecify.annotations.Nullable;

/// Something happened that never may.
public final class Violation extends AssertionError {

  private static final long serialVersionUID = 1L;

  Violation(String what) {
    super(what);
  }

  Violation(String what, @Nullable Throwable cause) {
    super(what, cause);
  }
}
