package dengine.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.server.Document;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// `docs/configuration.md` has every setting, as [Settings] has it.
final class ConfigurationReferenceTest {

  private static final Document DOCUMENT =
      Document.of("docs/configuration.md", ConfigurationReferenceTest.class);

  @Test
  void theReferenceListsEverySettingAsTheServerKnowsIt() {
    Map<String, String> tables = new LinkedHashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      tables.merge(
          section(setting),
          Document.head("key", "default", "permitted", "meaning", "variable") + row(setting),
          (before, _) -> before + row(setting));
    }

    DOCUMENT.has("settings", tables);
  }

  @Test
  void whatTheProseSaysAboutASettingIsAboutOneThatThereIs() throws IOException {
    String prose =
        Files.readString(DOCUMENT.path()).replaceAll("(?s)<!-- generated: .*?<!-- end", "");

    assertThat(prose.split("`", -1))
        .filteredOn(word -> word.matches("(cluster|raft|storage|limits)\\.[a-z_.]+"))
        .isNotEmpty()
        .allSatisfy(key -> assertThat(Settings.named(key)).as(key).isPresent());
  }

  private static String section(Setting<?> setting) {
    return setting.key().substring(0, setting.key().indexOf('.'));
  }

  private static <T> String row(Setting<T> setting) {
    return Document.row(
        "`" + setting.key().substring(section(setting).length() + 1) + "`",
        setting.standard().map(value -> "`" + setting.kind().toml(value) + "`").orElse(""),
        permitted(setting.kind()),
        setting.meaning(),
        "`" + ServerConfig.variable(setting.key()) + "`");
  }

  // The example says how to write a value, which the text around the tables does once for all.
  private static String permitted(Kind<?> kind) {
    return kind.permitted().replaceAll(", for example .*", "");
  }
}
