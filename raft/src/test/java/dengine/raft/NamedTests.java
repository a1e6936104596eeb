package dengine.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Tests that a document names, as `module/Class#method`.
final class NamedTests {

  /// Where the repository begins.
  static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");

  /// A test's name in a document.
  static final Pattern NAME = Pattern.compile("`(\\w+)/(\\w+)#(\\w+)`");

  private NamedTests() {}

  /// Whether there is such a test.
  ///
  /// @param name what [#NAME] has found
  static boolean exists(Matcher name) throws IOException {
    Path tests = ROOT.resolve(name.group(1)).resolve("src/test/java");
    if (!Files.isDirectory(tests)) {
      return false;
    }
    String file = name.group(2) + ".java";
    try (Stream<Path> files = Files.walk(tests)) {
      for (Path found : files.filter(it -> it.endsWith(file)).toList()) {
        if (Files.readString(found).contains("void " + name.group(3) + "(")) {
          return true;
        }
      }
    }
    return false;
  }
}
