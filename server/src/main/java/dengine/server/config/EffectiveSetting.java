package dengine.server.config;

/// A setting as it is in force.
///
/// @param key its name in the file, with dots
/// @param toml the value as TOML writes it; empty if none is set
/// @param origin where the value comes from
/// @param meaning one line for people
public record EffectiveSetting(String key, String toml, Origin origin, String meaning) {}
