package dengine.server.config;

/// The values that a setting takes, and how they are written.
interface Kind<T> {

  /// Reads a value as TOML gives it (text, `Long`, `Double`, `Boolean`, array) or as text from the
  /// environment.
  ///
  /// @throws Unfit if it is none of the permitted values
  T parse(Object raw) throws Unfit;

  /// What may be given, as a user reads it.
  String permitted();

  /// The value in TOML, readable by [#parse].
  String toml(T value);

  /// The value is none that the setting takes.
  final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    /// @param reason what is wrong with it, or empty if the permitted values say it all
    Unfit(String reason) {
      super(reason, null, false, false);
    }

    String reason() {
      String message = getMessage();
      return message == null ? "" : message;
    }
  }

  /// A text in TOML.
  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
