package dengine.testkit.conformance;

import java.util.ArrayList;
import java.util.List;

/// Checks, one per rule. Each makes what it needs, in a temporary directory that it deletes, and
/// leaves nothing behind; they may run in any order, and again. All randomness is of fixed seeds,
/// so what fails fails again.
///
/// ```java
/// StateMachineConformance.of(new LedgerSubject()).run();
/// ```
public final class Conformance {

  private final List<Check> checks;
  private final List<LeftOut> leftOut;

  Conformance(List<Check> checks, List<LeftOut> leftOut) {
    this.checks = List.copyOf(checks);
    this.leftOut = List.copyOf(leftOut);
  }

  /// A rule, and how it is looked after.
  ///
  /// @param rule a sentence, in one word
  public record Check(String rule, Body body) {

    /// Looks whether the rule is kept.
    ///
    /// @throws AssertionError when it is broken, saying how
    /// @throws Exception what the subject threw
    public void run() throws Exception {
      try {
        body.run();
      } catch (AssertionError e) {
        throw new AssertionError(rule + ": " + e.getMessage(), e);
      }
    }
  }

  /// What a check does.
  @FunctionalInterface
  public interface Body {
    /// Throws what is wrong.
    void run() throws Exception;
  }

  /// A rule that was not looked at.
  ///
  /// @param because what the subject would have to be able to do
  public record LeftOut(String rule, String because) {}

  /// One per rule.
  public List<Check> checks() {
    return checks;
  }

  /// Rules that this subject gives no way to look at: a report that is silent about them would say
  /// too much.
  public List<LeftOut> leftOut() {
    return leftOut;
  }

  /// Runs all checks.
  ///
  /// @throws AssertionError naming every rule that is broken; each failure is suppressed in it
  public void run() {
    List<Throwable> failures = new ArrayList<>();
    List<String> broken = new ArrayList<>();
    for (Check check : checks) {
      try {
        check.run();
      } catch (Exception | AssertionError e) {
        failures.add(e);
        broken.add("  " + check.rule + ": " + e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      AssertionError all =
          new AssertionError(
              "%d of %d rules are broken:%n%s"
                  .formatted(failures.size(), checks.size(), String.join("\n", broken)));
      failures.forEach(all::addSuppressed);
      throw all;
    }
  }
}
