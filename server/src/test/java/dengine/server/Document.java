package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// A document of which some parts are made from the code. Each stands between two marks; what is
/// around them is written by people.
///
/// @param path where it is
/// @param test which test makes the parts, for whoever has to make them anew
/// @param writes whether parts that differ are written instead of refused
public record Document(Path path, Class<?> test, boolean writes) {

  /// Set to `true`, a test writes its document instead of comparing it.
  public static final String WRITE = "dengine.write";

  private static final String END = "<!-- end of what is generated -->";

  /// A document of this repository.
  public static Document of(String path, Class<?> test) {
    return new Document(repository().resolve(path), test, Boolean.getBoolean(WRITE));
  }

  /// Where the repository begins.
  public static Path repository() {
    return Path.of(System.getProperty("basedir", "."), "..").toAbsolutePath().normalize();
  }

  /// The document has these parts and no others of their kind, or gets them.
  ///
  /// @param kind begins the name of each part
  /// @param parts their texts by the rest of their names
  public void has(String kind, Map<String, String> parts) {
    String text = read();
    String made = text;
    for (Map.Entry<String, String> part : parts.entrySet()) {
      made = with(made, kind + " " + part.getKey(), part.getValue());
    }
    made = without(made, kind, parts);
    if (writes && !made.equals(text)) {
      write(made);
    } else {
      assertThat(text.equals(made))
          .as(
              "%s%s%s",
              howToWrite(), onlyIn("the document", text, made), onlyIn("code", made, text))
          .isTrue();
    }
  }

  private static String with(String text, String name, String part) {
    String begin = begin(name);
    int from = text.indexOf(begin);
    if (from < 0) {
      // A part that is new gets a chapter of its own behind the last one that was made.
      int last = text.lastIndexOf(END);
      int at = last < 0 ? text.length() : last + END.length() + 1;
      String chapter = "\n## `" + name + "`\n\n" + begin + "\n" + part + END + "\n";
      return text.substring(0, at) + chapter + text.substring(at);
    }
    return text.substring(0, from) + begin + "\n" + part + text.substring(end(text, from, name));
  }

  private static String without(String text, String kind, Map<String, String> parts) {
    for (String name : names(text, kind)) {
      if (!parts.containsKey(name)) {
        int from = text.indexOf(begin(kind + " " + name));
        return without(
            text.substring(0, from) + text.substring(end(text, from, name) + END.length()),
            kind,
            parts);
      }
    }
    return text;
  }

  private static List<String> names(String text, String kind) {
    String mark = "<!-- generated: " + kind + " ";
    List<String> names = new ArrayList<>();
    for (int at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      names.add(text.substring(at + mark.length(), text.indexOf(" -->", at)));
    }
    return names;
  }

  private static int end(String text, int from, String name) {
    int end = text.indexOf(END, from);
    assertThat(end).as("an end mark '%s' behind the part '%s'", END, name).isPositive();
    return end;
  }

  private static String begin(String name) {
    return "<!-- generated: " + name + " -->";
  }

  // Whole documents would hide the line that matters.
  private static String onlyIn(String where, String text, String other) {
    Set<String> known = other.lines().collect(Collectors.toSet());
    return text.lines()
        .filter(line -> !known.contains(line))
        .collect(Collectors.joining("\n", "\nonly in " + where + ":\n", ""));
  }

  private String howToWrite() {
    return ("%s is not what the code says. Do not edit it between its marks; write it anew with:"
            + " mvn -q -Dfast -pl server -am test -Dtest=%s -Dsurefire.failIfNoSpecifiedTests=false"
            + " -D%s=true")
        .formatted(path, test.getSimpleName(), WRITE);
  }

  private String read() {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String text) {
    try {
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A row of a table.
  public static String row(String... cells) {
    StringBuilder row = new StringBuilder("|");
    for (String cell : cells) {
      row.append(' ').append(cell.replace("|", "\\|")).append(" |");
    }
    return row.append('\n').toString();
  }

  /// A head of a table and the line below it.
  public static String head(String... cells) {
    return row(cells) + "|" + "---|".repeat(cells.length) + "\n";
  }
}
