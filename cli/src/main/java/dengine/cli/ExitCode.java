package dengine.cli;

/// What the command's exit code says; documented in `docs/cli.md`.
final class ExitCode {

  /// Done as asked.
  static final int OK = 0;

  /// A key does not exist, a compare-and-swap found something else, or a check failed.
  static final int NEGATIVE = 1;

  /// The command line makes no sense.
  static final int USAGE = 2;

  /// The cluster refused the request; nothing was changed.
  static final int REJECTED = 3;

  /// A write may or may not take effect.
  static final int OUTCOME_UNKNOWN = 4;

  /// No node answered, or there is no leader; nothing was changed.
  static final int UNAVAILABLE = 5;

  /// A defect in d-engine.
  static final int DEFECT = 70;

  /// A node could not start, or stopped itself because going on could have broken a promise.
  static final int NODE_STOPPED = 74;

  /// The configuration cannot be used, or there is no Java that is new enough.
  static final int CONFIGURATION = 78;

  private ExitCode() {}
}
