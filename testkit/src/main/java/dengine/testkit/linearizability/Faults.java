package dengine.testkit.linearizability;

import java.util.ArrayList;
import java.util.List;

/// Collects what is wrong with a history; the first few are told.
final class Faults {

  private static final int MAX_TOLD = 8;

  private final long origin;
  private final List<String> told = new ArrayList<>();
  private long count;

  /// @param origin the moment to count the times from, in nanoseconds
  Faults(long origin) {
    this.origin = origin;
  }

  void add(String what, Operation... involved) {
    count++;
    if (told.size() < MAX_TOLD) {
      StringBuilder text = new StringBuilder(what);
      for (Operation operation : involved) {
        text.append("\n    ").append(describe(operation));
      }
      told.add(text.toString());
    }
  }

  Verdict verdict(long checked) {
    if (count == 0) {
      return new Verdict.Valid(checked, 0);
    }
    return new Verdict.Violation(
        count + " answers contradict the order of revisions:\n" + String.join("\n", told));
  }

  private String describe(Operation operation) {
    String end =
        operation.returned() == Operation.NEVER
            ? "?"
            : "%.3f".formatted((operation.returned() - origin) / 1e6);
    return "[%.3f .. %s ms] client %d %s -> %s"
        .formatted(
            (operation.invoked() - origin) / 1e6,
            end,
            operation.client(),
            operation.call(),
            operation.answer());
  }
}
