package dengine.cli;

/// How results are printed.
enum OutputFormat {
  /// Columns for people.
  TABLE,
  /// One JSON value for programs.
  JSON,
  /// The bare value for shell scripts.
  VALUE
}
