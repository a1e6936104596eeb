package dengine.testkit.linearizability;

/// One call of one client with its answer.
///
/// @param client who asked; a client asks one thing at a time, but the checkers do not depend on it
/// @param invoked when it was asked, in nanoseconds of one monotonic clock for the whole history
/// @param returned when the answer came, same clock, not before `invoked`; [#NEVER] if the outcome
///     is unknown
public record Operation(int client, long invoked, long returned, Call call, Answer answer) {

  /// The return time of a call whose outcome is unknown: it may take effect at any later time.
  public static final long NEVER = Long.MAX_VALUE;

  public Operation {
    if (returned < invoked) {
      throw new IllegalArgumentException("returned " + returned + " before invoked " + invoked);
    }
    if (answer instanceof Answer.Unknown) {
      returned = NEVER;
    }
    if (!fits(call, answer)) {
      throw new IllegalArgumentException(answer + " is no answer to " + call);
    }
  }

  private static boolean fits(Call call, Answer answer) {
    return switch (answer) {
      case Answer.Rejected _, Answer.Unknown _ -> true;
      case Answer.Written _ -> call instanceof Call.Put || call instanceof Call.Delete;
      case Answer.Swapped _ -> call instanceof Call.CompareAndSwap;
      case Answer.Found _ -> call instanceof Call.Get;
      case Answer.FoundMany found ->
          call instanceof Call.GetMany asked && asked.keys().size() == found.records().size();
      case Answer.Scanned _ -> call instanceof Call.Scan;
    };
  }

  /// Whether the client does not know what became of it.
  public boolean unknown() {
    return answer instanceof Answer.Unknown;
  }

  /// Whether it certainly had no effect.
  public boolean rejected() {
    return answer instanceof Answer.Rejected;
  }
}
