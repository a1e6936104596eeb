package dengine.testkit.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a server has printed from a moment on.
///
/// @param file where it goes
/// @param before lines that were there already
record NodeLog(Path file, int before) {

  private static final Pattern TIME = Pattern.compile("^ts=(\\S+)");

  /// From now on.
  static NodeLog fromNow(Path file) throws IOException {
    return new NodeLog(file, lines(file).size());
  }

  /// All lines of an event, in order.
  List<String> events(String event) throws IOException {
    return lines(file).stream()
        .skip(before)
        .filter(line -> line.contains(" event=" + event + " "))
        .toList();
  }

  /// Whole lines only.
  private static List<String> lines(Path file) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  /// A number in a line, of the form `name=number`.
  static long number(String line, String name) {
    Matcher found = Pattern.compile("\\b" + name + "=(\\d+)").matcher(line);
    if (!found.find()) {
      throw new IllegalStateException("no " + name + " in " + line);
    }
    return Long.parseLong(found.group(1));
  }

  /// When a line was printed.
  static Instant time(String line) {
    Matcher found = TIME.matcher(line);
    if (!found.find()) {
      throw new IllegalStateException("no time in " + line);
    }
    return Instant.parse(found.group(1));
  }
}
