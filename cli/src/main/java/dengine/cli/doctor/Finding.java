package dengine.cli.doctor;

/// What a check found.
///
/// @param subject what was looked at
/// @param verdict how it is
/// @param detail what was found, and, unless all is well, what to do
public record Finding(String subject, Verdict verdict, String detail) {

  /// How something is.
  public enum Verdict {
    /// As it should be.
    OK,
    /// Works, but will cost speed or safety.
    WARNING,
    /// A node cannot run so.
    FAILURE
  }

  static Finding ok(String subject, String detail) {
    return new Finding(subject, Verdict.OK, detail);
  }

  static Finding warning(String subject, String detail) {
    return new Finding(subject, Verdict.WARNING, detail);
  }

  static Finding failure(String subject, String detail) {
    return new Finding(subject, Verdict.FAILURE, detail);
  }
}
