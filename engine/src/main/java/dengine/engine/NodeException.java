package dengine.engine;

import dengine.raft.Refusal;
import org.jspecify.annotations.Nullable;

/// How a request to a [Node] may fail, by what the caller may conclude.
public abstract sealed class NodeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private NodeException(String message, @Nullable Throwable cause) {
    super(message, cause, false, false); // raised in numbers under overload: no stack traces
  }

  /// Certainly nothing was written.
  public static final class Refused extends NodeException {
    private static final long serialVersionUID = 1L;
    private final transient Refusal refusal;

    public Refused(Refusal refusal) {
      super(refusal.toString(), null);
      this.refusal = refusal;
    }

    /// Why.
    public Refusal refusal() {
      return refusal;
    }
  }

  /// The command is in this node's log, or was; it may or may not be applied.
  public static final class OutcomeUnknown extends NodeException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknown(String why) {
      super(why, null);
    }
  }

  /// The deadline passed; certainly nothing was written.
  public static final class DeadlinePassed extends NodeException {
    private static final long serialVersionUID = 1L;

    public DeadlinePassed(String what) {
      super(what, null);
    }
  }

  /// The node has stopped. Certainly nothing was written.
  public static final class Stopped extends NodeException {
    private static final long serialVersionUID = 1L;

    public Stopped(String why, @Nullable Throwable cause) {
      super(why, cause);
    }
  }
}
