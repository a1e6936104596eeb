package dengine.testkit.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The checks as tests of JUnit, one per rule. The only type here that needs JUnit.
///
/// ```java
/// final class LedgerConformanceTest extends ConformanceTest {
///   @Override
///   protected Conformance conformance() {
///     return StateMachineConformance.of(new LedgerSubject());
///   }
/// }
/// ```
public abstract class ConformanceTest {

  /// For subclasses.
  protected ConformanceTest() {}

  /// What is to be checked.
  protected abstract Conformance conformance();

  /// One test per rule.
  @TestFactory
  protected final Stream<DynamicTest> keepsTheRules() {
    return conformance().checks().stream()
        .map(check -> DynamicTest.dynamicTest(check.rule(), check::run));
  }
}
