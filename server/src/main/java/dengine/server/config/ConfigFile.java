package dengine.server.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;

/// A configuration file in TOML.
final class ConfigFile {

  // A configuration is a page or two; more is another file by mistake, and the parser's cost grows
  // faster than the file.
  private static final long MAX_BYTES = 32 << 10;

  // Arrays within arrays; the deepest that any setting takes has two.
  private static final int MAX_DEPTH = 32;

  private final Path path;
  private final List<String> problems;
  private final Layer layer = new Layer();

  private ConfigFile(Path path, List<String> problems) {
    this.path = path;
    this.problems = problems;
  }

  /// Reads a file.
  ///
  /// @param problems receives a line for each thing that is wrong
  static Layer read(Path path, List<String> problems) {
    ConfigFile file = new ConfigFile(path, problems);
    file.read();
    return file.layer;
  }

  private void read() {
    String text;
    if (Files.isDirectory(path)) {
      problems.add(path + ": is a directory: give the configuration file itself");
      return;
    }
    try {
      if (Files.size(path) > MAX_BYTES) {
        problems.add(path + ": larger than " + MAX_BYTES + " bytes: not a configuration file");
        return;
      }
      text = Files.readString(path);
    } catch (NoSuchFileException e) {
      problems.add(path + ": no such file: check the path, or name no file for the defaults");
      return;
    } catch (IOException e) {
      problems.add(path + ": " + unreadable(e));
      return;
    }
    if (depth(text) > MAX_DEPTH) {
      problems.add(path + ": brackets are nested deeper than " + MAX_DEPTH);
      return;
    }
    TomlParseResult parsed;
    try {
      parsed = Toml.parse(text);
    } catch (AssertionError ofTheParser) {
      // With assertions on it doubts itself at input that it refuses otherwise.
      problems.add(path + ": is no TOML: " + ofTheParser.getMessage());
      return;
    }
    parsed
        .errors()
        .forEach(error -> problems.add(origin(error.position()) + ": " + error.getMessage()));
    if (!parsed.hasErrors()) {
      collect(parsed);
    }
  }

  private static String unreadable(IOException failure) {
    return switch (failure) {
      case AccessDeniedException _ -> "cannot be read: check its owner and mode, and your user";
      case CharacterCodingException _ -> "is no text in UTF-8: not a configuration file";
      default -> "cannot be read: " + failure.getMessage();
    };
  }

  /// How deep brackets are nested; those in texts and comments count as well.
  private static int depth(String text) {
    int depth = 0;
    int deepest = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '[', '{' -> deepest = Math.max(deepest, ++depth);
        case ']', '}' -> depth = Math.max(0, depth - 1);
        default -> {}
      }
    }
    return deepest;
  }

  private void collect(TomlParseResult parsed) {
    List<String> refused = new ArrayList<>();
    List<List<String>> paths = new ArrayList<>(parsed.keyPathSet(true));
    paths.sort((a, b) -> Integer.compare(a.size(), b.size()));
    for (List<String> keys : paths) {
      String key = String.join(".", keys);
      Origin origin = origin(parsed.inputPositionOf(keys));
      if (refused.stream().anyMatch(parent -> key.startsWith(parent + "."))) {
        continue;
      }
      if (parsed.isTable(keys)) {
        if (!isSection(key)) {
          problems.add(
              Settings.named(key).isPresent()
                  ? table(origin, key)
                  : Layer.unknownSection(origin, key));
          refused.add(key);
        }
      } else if (Settings.named(key).isPresent()) {
        layer.put(key, Objects.requireNonNull(parsed.get(keys)), origin);
      } else {
        problems.add(isSection(key) ? value(origin, key) : Layer.unknown(origin, key));
      }
    }
  }

  private static boolean isSection(String key) {
    return Settings.ALL.stream().anyMatch(setting -> setting.key().startsWith(key + "."));
  }

  private static String table(Origin origin, String key) {
    return origin + ": " + key + ": a section was given where one value belongs";
  }

  private static String value(Origin origin, String key) {
    return origin + ": " + key + ": is a section, write [" + key + "] and its keys below";
  }

  private Origin origin(@Nullable TomlPosition position) {
    return position == null
        ? new Origin.InFile(path.toString(), 1, 1)
        : new Origin.InFile(path.toString(), position.line(), position.column());
  }
}
