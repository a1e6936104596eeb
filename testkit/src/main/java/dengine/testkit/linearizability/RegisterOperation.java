package dengine.testkit.linearizability;

/// An operation as one key sees it. Values are numbered; [#ABSENT] means no value.
///
/// @param value the value written or read
/// @param expected the value a compare-and-swap asks for; otherwise not used
/// @param optional whether it need not have happened; it then has no return time
record RegisterOperation(
    Kind kind,
    int value,
    int expected,
    long invoked,
    long returned,
    boolean optional,
    Operation source) {

  static final int ABSENT = 0;
  static final int IMPOSSIBLE = -1;

  enum Kind {
    WRITE,
    SWAP,
    REFUSED_SWAP,
    READ
  }

  /// The state after this operation, or [#IMPOSSIBLE] if its answer does not fit the state before.
  int after(int state) {
    return switch (kind) {
      case WRITE -> value;
      case SWAP -> state == expected ? value : IMPOSSIBLE;
      case REFUSED_SWAP -> state != expected ? state : IMPOSSIBLE;
      case READ -> state == value ? state : IMPOSSIBLE;
    };
  }

  /// Whether it leaves the state as it is, wherever it is placed.
  boolean changesNothing() {
    return kind == Kind.READ || kind == Kind.REFUSED_SWAP;
  }

  /// The same with less known: whether it happened and, if so, when it ended.
  RegisterOperation asUnknown() {
    return new RegisterOperation(kind, value, expected, invoked, Operation.NEVER, true, source);
  }
}
