package dengine.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// `docs/scenarios.md` names a test for each scenario, or says why there is none.
final class ScenariosTest {

  private static final Pattern ROW = Pattern.compile("^\\| (?!scenario|group)(.*) \\| (.*) \\|$");

  private static List<Matcher> rows() throws IOException {
    return Files.readAllLines(NamedTests.ROOT.resolve("docs/scenarios.md")).stream()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .toList();
  }

  @Test
  void everyScenarioHasATestOrAReason() throws IOException {
    assertThat(rows()).hasSizeGreaterThan(60);
    assertThat(rows())
        .allMatch(
            row ->
                NamedTests.NAME.matcher(row.group(2)).find() || row.group(2).startsWith("none: "));
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Matcher row : rows()) {
      Matcher name = NamedTests.NAME.matcher(row.group(2));
      while (name.find()) {
        if (!NamedTests.exists(name)) {
          missing.add(name.group());
        }
      }
    }

    assertThat(missing).isEmpty();
  }
}
