package dengine.server.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tomlj.TomlArray;

/// All settings with their values, after the layers were laid over each other.
final class Resolved {

  private record Value<T>(T value, Origin origin) {}

  private final Map<String, Value<?>> values = new HashMap<>();
  private final List<String> problems;

  /// @param layers weakest first
  /// @param problems receives a line for each value that its setting does not take
  Resolved(List<Layer> layers, List<String> problems) {
    this.problems = problems;
    for (Setting<?> setting : Settings.ALL) {
      Layer.Raw strongest = null;
      for (Layer layer : layers) {
        Layer.Raw raw = layer.values().get(setting.key());
        strongest = raw == null ? strongest : raw;
      }
      if (strongest != null) {
        parse(setting, strongest);
      }
    }
  }

  private <T> void parse(Setting<T> setting, Layer.Raw raw) {
    try {
      values.put(setting.key(), new Value<>(setting.kind().parse(raw.value()), raw.origin()));
    } catch (Kind.Unfit e) {
      problems.add(problem(setting, raw.origin(), shown(raw.value()), e.reason()));
    }
  }

  /// The value given, or the default.
  ///
  /// @throws IllegalStateException if the setting has neither: a defect
  <T> T get(Setting<T> setting) {
    return optional(setting)
        .orElseThrow(() -> new IllegalStateException(setting.key() + " has no default"));
  }

  /// The value given, or the default if there is one.
  <T> Optional<T> optional(Setting<T> setting) {
    Value<?> found = values.get(setting.key());
    if (found == null) {
      return setting.standard();
    }
    // Only parse() fills the map, with the setting's own kind.
    @SuppressWarnings("unchecked")
    T value = (T) found.value();
    return Optional.of(value);
  }

  /// Records that a value, fine by itself, does not go together with the others.
  <T> void reject(Setting<T> setting, String reason) {
    String shown = optional(setting).map(setting.kind()::toml).orElse("none");
    problems.add(problem(setting, origin(setting), shown, reason));
  }

  /// Records that a value, permitted by itself, is not what another one says; the reason says what
  /// to change.
  <T> void contradicts(Setting<T> setting, String reason) {
    String shown = optional(setting).map(setting.kind()::toml).orElse("none");
    problems.add(origin(setting) + ": " + setting.key() + " = " + shown + ": " + reason);
  }

  /// The settings in the order of the file.
  List<EffectiveSetting> effective() {
    List<EffectiveSetting> effective = new ArrayList<>();
    for (Setting<?> setting : Settings.ALL) {
      effective.add(effective(setting));
    }
    return effective;
  }

  private <T> EffectiveSetting effective(Setting<T> setting) {
    return new EffectiveSetting(
        setting.key(),
        optional(setting).map(setting.kind()::toml).orElse(""),
        origin(setting),
        setting.meaning());
  }

  Origin origin(Setting<?> setting) {
    Value<?> found = values.get(setting.key());
    return found == null ? new Origin.BuiltIn() : found.origin();
  }

  private static String problem(Setting<?> setting, Origin origin, String shown, String reason) {
    return origin
        + ": "
        + setting.key()
        + " = "
        + shown
        + (reason.isEmpty() ? "" : ": " + reason)
        + "; permitted: "
        + setting.kind().permitted();
  }

  private static String shown(Object raw) {
    return switch (raw) {
      case String text -> Kind.quoted(text);
      case TomlArray array -> "array of " + array.size();
      default -> raw.toString();
    };
  }
}
