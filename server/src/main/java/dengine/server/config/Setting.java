package dengine.server.config;

import java.util.Optional;

/// Something a server can be told.
///
/// @param key its name in the file, with dots: `raft.election.election_timeout_min`
/// @param kind the values it takes
/// @param standard the default, or empty if it follows from other settings or is absent
/// @param meaning one line for people, ending in what holds without a default
record Setting<T>(String key, Kind<T> kind, Optional<T> standard, String meaning) {

  static <T> Setting<T> of(String key, Kind<T> kind, T standard, String meaning) {
    return new Setting<>(key, kind, Optional.of(standard), meaning);
  }

  static <T> Setting<T> optional(String key, Kind<T> kind, String meaning) {
    return new Setting<>(key, kind, Optional.empty(), meaning);
  }
}
