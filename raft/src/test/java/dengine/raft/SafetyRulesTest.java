package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// `docs/safety-rules.md` names a test for each rule, and the tests are there.
final class SafetyRulesTest {

  private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");
  private static final Pattern ROW = Pattern.compile("^\\| ([A-Z]\\d+) \\| .* \\| (.*) \\|$");
  private static final Pattern NAME = Pattern.compile("`(\\w+)/(\\w+)#(\\w+)`");

  /// How many rules there are of each kind.
  private static final Map<String, Integer> RULES =
      Map.of("D", 15, "E", 12, "L", 17, "C", 10, "M", 11, "R", 6, "T", 9, "S", 9, "A", 6);

  @Test
  void everyRuleHasARowWithATestOrAReasonWhyNotYet() throws IOException {
    List<String> expected =
        RULES.entrySet().stream()
            .flatMap(
                kind -> IntStream.rangeClosed(1, kind.getValue()).mapToObj(i -> kind.getKey() + i))
            .toList();

    assertThat(rows().stream().map(row -> row.group(1)).toList())
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(rows())
        .allMatch(
            row ->
                NAME.matcher(row.group(2)).find()
                    || row.group(2).matches("(comes with|does not arise) ?.*"));
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Matcher row : rows()) {
      Matcher name = NAME.matcher(row.group(2));
      while (name.find()) {
        named++;
        if (!exists(name.group(1), name.group(2), name.group(3))) {
          missing.add(name.group());
        }
      }
    }

    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(50);
  }

  private static boolean exists(String module, String type, String method) throws IOException {
    Path tests = ROOT.resolve(module).resolve("src/test/java");
    try (Stream<Path> files = Files.walk(tests)) {
      for (Path file : files.filter(f -> f.endsWith(type + ".java")).toList()) {
        if (Files.readString(file).contains("void " + method + "(")) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<Matcher> rows() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs/safety-rules.md")).stream()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .toList();
  }
}
