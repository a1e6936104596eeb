package dengine.testkit.conformance;

import dengine.engine.spi.StorageException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a check says what is wrong.
final class Rule {

  private Rule() {}

  static void holds(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }

  static void same(@Nullable Object expected, @Nullable Object found, String what) {
    if (!Objects.deepEquals(expected, found)) {
      throw new AssertionError(what + " is " + text(found) + ", not " + text(expected));
    }
  }

  /// Something must be refused, as a storage engine refuses.
  static StorageException refused(String what, Conformance.Body body) throws Exception {
    try {
      body.run();
    } catch (StorageException e) {
      return e;
    }
    throw new AssertionError(what + " was not refused by a StorageException");
  }

  /// Reading must fail, as reading fails.
  static Exception failsToRead(String what, Conformance.Body body) throws Exception {
    try {
      body.run();
    } catch (IOException | StorageException e) {
      return e;
    } catch (RuntimeException e) {
      throw new AssertionError(what + " must fail with an IOException, not " + e, e);
    }
    throw new AssertionError(what + " did not fail");
  }

  private static String text(@Nullable Object value) {
    String text = value instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(value);
    return text.length() <= 200 ? text : text.substring(0, 200) + "…";
  }
}
