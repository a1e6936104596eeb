package dengine.server.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    return origin
        + ": "
        + key
        + ": unknown key"
        + Original.adviceFor(key)
            .map(advice -> " here, the original has it: " + advice)
            .orElseGet(() -> Suggestions.among(known).forTypo(key));
  }
}
