package dengine.testkit.conformance;

import java.util.ArrayList;
import java.util.List;

/// Which rules a subject breaks.
final class Broken {

  private Broken() {}

  static List<String> rules(Conformance conformance) {
    List<String> broken = new ArrayList<>();
    for (Conformance.Check check : conformance.checks()) {
      try {
        check.run();
      } catch (Exception | AssertionError e) {
        broken.add(check.rule());
      }
    }
    return broken;
  }
}
