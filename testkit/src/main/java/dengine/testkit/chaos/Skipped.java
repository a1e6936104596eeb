package dengine.testkit.chaos;

/// What to say of a run that this machine cannot do: it has not failed, and has not passed either.
final class Skipped {

  /// What automake's test drivers, and `.ci/run`, take for "skipped".
  static final int EXIT_CODE = 77;

  private Skipped() {}
}
