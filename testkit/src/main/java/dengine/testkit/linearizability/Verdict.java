package dengine.testkit.linearizability;

/// How a checker judged a history. Only [Valid] is good news.
public sealed interface Verdict {

  /// An explanation exists.
  ///
  /// @param operations number of operations that were checked
  /// @param hardest most points of a search that one key took; 0 where nothing is searched
  record Valid(long operations, long hardest) implements Verdict {}

  /// No order of the operations explains the answers.
  ///
  /// @param explanation the operations at fault, when they ran, and what would have been right
  record Violation(String explanation) implements Verdict {}

  /// The budget ended before the search did. Callers must treat it as a failure: nothing was shown.
  record Undecided(String reason) implements Verdict {}

  /// Whether the history was shown to be right.
  default boolean valid() {
    return this instanceof Valid;
  }
}
