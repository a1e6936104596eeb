package dengine.server.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// What one source says: raw values by key, each with its origin. Checked only for the names of the
/// keys.
final class Layer {

  /// A value as it was found.
  record Raw(Object value, Origin origin) {}

  private final Map<String, Raw> values = new LinkedHashMap<>();

  void put(String key, Object value, Origin origin) {
    values.put(key, new Raw(value, origin));
  }

  Map<String, Raw> values() {
    return values;
  }

  /// The line for a key that no setting has.
  static String unknown(Origin origin, String key) {
    List<String> known = Settings.ALL.stream().map(Setting::key).toList();
    return unknown(origin, key, known);
  }

  /// The line for a section that no setting is in.
  static String unknownSection(Origin origin, String section) {
    List<String> known =
        Settings.ALL.stream()
            .map(Setting::key)
            .<String>mapMulti(Layer::sections)
            .distinct()
            .toList();
    return unknown(origin, section, known);
  }

  private static void sections(String key, Consumer<String> each) {
    for (int dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) {
      each.accept(key.substring(0, dot));
    }
  }

  private static String unknown(Origin origin, String key, List<String> known) {
    return origin
        + ": "
        + key
        + ": unknown key"
        + Original.adviceFor(key)
            .map(advice -> " here, the original has it: " + advice)
            .orElseGet(() -> Suggestions.among(known).forUnknown(key));
  }
}
