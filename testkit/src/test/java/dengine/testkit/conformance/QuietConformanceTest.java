package dengine.testkit.conformance;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// What is killed and damaged all the time has a lot to say.
abstract class QuietConformanceTest extends ConformanceTest {

  private static final Logger ENGINE = Logger.getLogger("dengine");

  @BeforeAll
  static void hush() {
    ENGINE.setLevel(Level.OFF);
  }

  @AfterAll
  static void speak() {
    ENGINE.setLevel(null);
  }
}
