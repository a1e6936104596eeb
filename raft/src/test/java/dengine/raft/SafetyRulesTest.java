package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// `docs/safety-rules.md` names a test for each rule, and the tests are there.
final class SafetyRulesTest {

  private static final Pattern ROW = Pattern.compile("^\\| ([A-Z]\\d+) \\| .* \\| (.*) \\|$");

  /// How many rules there are of each kind.
  private static final Map<String, Integer> RULES =
      Map.of("D", 15, "E", 12, "L", 17, "C", 10, "M", 11, "R", 6, "T", 10, "S", 9, "A", 6);

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
                NamedTests.NAME.matcher(row.group(2)).find()
                    || row.group(2).matches("(comes with|does not arise) ?.*"));
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Matcher row : rows()) {
      Matcher name = NamedTests.NAME.matcher(row.group(2));
      while (name.find()) {
        named++;
        if (!NamedTests.exists(name)) {
          missing.add(name.group());
        }
      }
    }

    assertThat(missing).isEmpty();
    assertThat(named).isGreaterThan(50);
  }

  private static List<Matcher> rows() throws IOException {
    return Files.readAllLines(NamedTests.ROOT.resolve("docs/safety-rules.md")).stream()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .toList();
  }
}
