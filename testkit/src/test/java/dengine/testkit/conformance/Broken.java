package dengine.testkit.conformance;

/// Whether a suite notices that a rule is broken.
final class Broken {

  private Broken() {}

  static boolean rule(String rule, Conformance conformance) throws Exception {
    Conformance.Check check =
        conformance.checks().stream()
            .filter(one -> one.rule().equals(rule))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no rule " + rule));
    try {
      check.run();
      return false;
    } catch (AssertionError e) {
      return true;
    } catch (RuntimeException e) {
      return true; // what the subject threw
    }
  }
}
