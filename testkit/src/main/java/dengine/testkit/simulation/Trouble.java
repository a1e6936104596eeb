package dengine.testkit.simulation;

/// Kinds of trouble in a run. A smaller run, to find out what a failure needs, leaves some out.
enum Trouble {
  // That happens now and then.
  RESTART,
  RESTART_ALL,
  STOP_GRACEFULLY,
  HAND_OVER,
  PAUSE,
  MOVE_MACHINE,
  STALL_DISK,
  CRASH_AT_DISK,
  CRASH_AT_WORD,
  FAIL_DISK,
  DAMAGE_DISK,
  SPLIT,
  TATTER,
  ISOLATE,
  MUTE,
  DEAF,
  RESET,
  CLOG,
  LATE_ANSWERS,
  JUMP_CLOCK,
  CUT_CLIENTS,
  RESET_CLIENTS,
  HEAL,
  FULL_DISK,
  ROT_SNAPSHOT,
  WIPE_DISK,

  // That operators ask for.
  ADD,
  REPLACE,
  PROMOTE,
  DEMOTE,
  REMOVE,
  REDUCE,
  READDRESS,
  MOVE_AWAY,
  TAKE_SNAPSHOT,

  // That is there all the time, or not at all.
  LOSS(true),
  DUPLICATION(true),
  REORDERING(true),
  LATE_MESSAGES(true),
  NARROW_LINKS(true),
  SLOW_DISKS(true),
  SLOW_TASKS(true),
  DRIFT(true),
  POWER_CUTS(true),
  TIGHT_LIMITS(true),
  CRASH_IN_RECOVERY(true),
  SNAPSHOTS(true),
  CHANGES(true);

  private final boolean standing;

  Trouble() {
    this(false);
  }

  Trouble(boolean standing) {
    this.standing = standing;
  }

  /// Whether operators ask for it.
  boolean isAskedFor() {
    return compareTo(ADD) >= 0 && compareTo(TAKE_SNAPSHOT) <= 0;
  }

  /// Whether it is a property of a run, not something that happens in it.
  boolean isStanding() {
    return standing;
  }
}
