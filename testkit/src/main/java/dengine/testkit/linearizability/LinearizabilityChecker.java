package dengine.testkit.linearizability;

import dengine.api.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Decides whether a history of puts, deletes, compare-and-swaps and reads is linearizable, key by
/// key.
///
/// The question is NP-complete in general. It stays cheap when values are unique and few operations
/// per key have an unknown outcome; for the rest there is a budget, and running out of it is
/// [Verdict.Undecided], never a pass.
public final class LinearizabilityChecker {

  /// How long to look for a shorter history with the same fault, and again for what of it can be
  /// explained.
  private static final Duration EXPLAINING_TIME = Duration.ofSeconds(20);

  private final Duration timeLimit;
  private final long maxConfigurations;

  /// Five minutes for the whole history and four million points of the search per key.
  public LinearizabilityChecker() {
    this(Duration.ofMinutes(5), 4_000_000);
  }

  /// @param timeLimit for a whole history
  /// @param maxConfigurations points of the search to remember, per key; a hundred bytes or more
  ///     each
  public LinearizabilityChecker(Duration timeLimit, long maxConfigurations) {
    this.timeLimit = timeLimit;
    this.maxConfigurations = maxConfigurations;
  }

  /// Judges a history. Of several wrong keys the one with the shortest history is explained.
  public Verdict check(List<Operation> operations) {
    BooleanSupplier outOfTime = outOfTimeAfter(timeLimit);
    KeyHistories histories = KeyHistories.of(operations);
    Map.Entry<Bytes, List<RegisterOperation>> shortestWrong = null;
    String undecided = null;
    long checked = 0;
    long hardest = 0;
    for (Map.Entry<Bytes, List<RegisterOperation>> entry : histories.byKey().entrySet()) {
      checked += entry.getValue().size();
      RegisterSearch search = search(entry.getValue(), false, outOfTime);
      switch (search.run()) {
        case EXPLAINED -> {}
        case IMPOSSIBLE -> {
          if (shortestWrong == null || entry.getValue().size() < shortestWrong.getValue().size()) {
            shortestWrong = entry;
          }
        }
        case UNDECIDED -> undecided = undecided(entry.getKey(), entry.getValue());
      }
      hardest = Math.max(hardest, search.configurations());
    }
    if (shortestWrong != null) {
      return new Verdict.Violation(
          explanation(shortestWrong.getKey(), shortestWrong.getValue(), histories));
    }
    return undecided != null
        ? new Verdict.Undecided(undecided)
        : new Verdict.Valid(checked, hardest);
  }

  private String explanation(
      Bytes key, List<RegisterOperation> operations, KeyHistories histories) {
    BooleanSupplier outOfTime = outOfTimeAfter(EXPLAINING_TIME);
    CounterExample example =
        new CounterExample(
            shorter ->
                !outOfTime.getAsBoolean()
                    && search(shorter, false, outOfTime).run() == RegisterSearch.Outcome.IMPOSSIBLE,
            this::explaining);
    return example.of(key, operations, histories);
  }

  private RegisterSearch search(
      List<RegisterOperation> operations, boolean explaining, BooleanSupplier outOfTime) {
    return new RegisterSearch(operations, explaining, maxConfigurations, outOfTime);
  }

  private static BooleanSupplier outOfTimeAfter(Duration time) {
    long deadline = System.nanoTime() + time.toNanos();
    return () -> System.nanoTime() - deadline > 0;
  }

  private RegisterSearch explaining(List<RegisterOperation> operations) {
    RegisterSearch search = search(operations, true, outOfTimeAfter(EXPLAINING_TIME));
    search.run();
    return search;
  }

  private String undecided(Bytes key, List<RegisterOperation> operations) {
    long unknown = operations.stream().filter(RegisterOperation::optional).count();
    return "no verdict on key %s within %s and %d configurations: %d operations, %d of them unknown"
        .formatted(key, timeLimit, maxConfigurations, operations.size(), unknown);
  }
}
