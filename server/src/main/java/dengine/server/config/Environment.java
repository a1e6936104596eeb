package dengine.server.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Settings in environment variables: `DENGINE__CLUSTER__NODE_ID=2`, sections separated by two
/// underscores. The original's prefix, `RAFT__CLUSTER__NODE_ID`, is understood too. Empty variables
/// count as absent.
final class Environment {

  static final String PREFIX = "DENGINE__";
  private static final String ORIGINAL_PREFIX = "RAFT__";

  private Environment() {}

  static Layer read(Map<String, String> variables, List<String> problems) {
    Layer layer = new Layer();
    new TreeMap<>(variables)
        .forEach(
            (name, value) -> {
              if (!value.isBlank()) {
                read(name, value, layer, problems);
              }
            });
    return layer;
  }

  private static void read(String name, String value, Layer layer, List<String> problems) {
    String prefix =
        name.startsWith(PREFIX) ? PREFIX : name.startsWith(ORIGINAL_PREFIX) ? ORIGINAL_PREFIX : "";
    if (prefix.isEmpty()) {
      meant(name).ifPresent(variable -> problems.add(missed(name, variable)));
      return;
    }
    String key = name.substring(prefix.length()).replace("__", ".").toLowerCase(Locale.ROOT);
    Origin origin = new Origin.InEnvironment(name);
    Layer.Raw before = layer.values().get(key);
    if (Settings.named(key).isEmpty()) {
      problems.add(Layer.unknown(origin, key));
    } else if (before != null) {
      problems.add(origin + ": " + key + ": set by " + before.origin() + " too, keep one of them");
    } else {
      layer.put(key, value, origin);
    }
  }

  /// The variable that has the same letters, with other underscores between them.
  private static Optional<String> meant(String name) {
    return Settings.ALL.stream()
        .map(setting -> variable(setting.key()))
        .filter(variable -> variable.replace("_", "").equals(name.replace("_", "")))
        .findFirst();
  }

  private static String missed(String name, String variable) {
    return new Origin.InEnvironment(name)
        + ": is not read, sections are separated by two underscores: did you mean "
        + variable
        + "?";
  }

  /// The variable that sets a key.
  static String variable(String key) {
    return PREFIX + key.replace(".", "__").toUpperCase(Locale.ROOT);
  }
}
