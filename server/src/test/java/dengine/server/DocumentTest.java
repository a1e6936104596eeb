package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DocumentTest {

  private static final String WRITTEN =
      """
      Before.

      <!-- generated: things a -->
      old
      <!-- end of what is generated -->

      After.
      """;

  @TempDir Path folder;

  @Test
  void aDocumentThatDiffersIsRefusedWithTheWayToWriteIt() throws IOException {
    Path file = Files.writeString(folder.resolve("d.md"), WRITTEN);

    assertThatThrownBy(() -> document(file, false).has("things", Map.of("a", "new\n")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("-Dtest=DocumentTest")
        .hasMessageContaining("-Ddengine.write=true")
        .hasMessageContaining("only in the document:\nold\nonly in code:\nnew")
        .hasMessageNotContaining("Before.");
    assertThat(file).hasContent(WRITTEN);
  }

  @Test
  void whatIsWrittenIsFoundRightAndThePagesProseStays() throws IOException {
    Path file = Files.writeString(folder.resolve("d.md"), WRITTEN);

    document(file, true).has("things", Map.of("a", "new\n"));

    document(file, false).has("things", Map.of("a", "new\n"));
    assertThat(file).hasContent(WRITTEN.replace("old", "new"));
  }

  @Test
  void aPartThatIsNewIsAddedAndOneThatIsGoneIsTakenOut() throws IOException {
    Path file = Files.writeString(folder.resolve("d.md"), WRITTEN);

    document(file, true).has("things", Map.of("b", "text\n"));

    assertThat(file)
        .content()
        .contains("Before.", "## `things b`", "<!-- generated: things b -->\ntext\n", "After.")
        .doesNotContain("old", "things a");
  }

  @Test
  void aPartWithoutAnEndIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("d.md"), "<!-- generated: things a -->\nold\n");

    assertThatThrownBy(() -> document(file, true).has("things", Map.of("a", "new\n")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("things a");
  }

  private static Document document(Path file, boolean writes) {
    return new Document(file, DocumentTest.class, writes);
  }
}
