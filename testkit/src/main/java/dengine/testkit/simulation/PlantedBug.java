package dengine.testkit.simulation;

import dengine.storage.SimulatedDisk;
import java.util.random.RandomGenerator;

/// A mistake that implementations of Raft have made, put between the engine and its surroundings to
/// see that the simulator notices it: what a node hears and says, what becomes of what it writes,
/// what its clock shows, what its users do. None of them needs a switch in the engine, so none can
/// be switched on in a release. [Sabotage] does the work.
enum PlantedBug {
  NONE,
  /// What the others are put in with, and no mistake: must not be found.
  ONLY_THE_WRAPPING,

  // The log and the disk.

  /// D4: syncs of the log do nothing.
  LOG_NEVER_SYNCS,
  /// D4: what is synced is what was written before the last write.
  LOG_SYNCS_ONE_WRITE_LATE,
  /// D5, L12: the leader counts its own copy without having synced it.
  LEADER_NEVER_SYNCS,
  /// D1, E1: a vote is in memory only.
  VOTE_NOT_WRITTEN,
  /// D8: a new term is in memory only, unless entries come with it.
  TERM_NOT_WRITTEN,
  /// D6: a write that cuts off a conflicting tail is not synced.
  TRUNCATION_NOT_SYNCED,
  /// S1: recovery takes the last synced entries for a torn tail.
  RECOVERY_CUTS_TOO_MUCH,
  /// S6: a sync that failed is tried again, and the success believed.
  FAILED_SYNC_IS_TRIED_AGAIN,
  /// S4: a new segment's name is not synced.
  DIRECTORY_NEVER_SYNCS,
  /// The disk reports syncs that it does not do.
  DISK_LIES,
  /// A node that restarts gets the disk it had some restarts ago.
  DISK_FROM_THE_PAST,
  /// A node that restarts may get an empty disk that says it was the old one.
  DISK_WIPED,
  /// Entries that are read back for a follower are those of another time.
  READS_BACK_WRONG_BYTES,

  // Elections.

  /// E2: votes twice in one term.
  VOTES_TWICE,
  /// E3: votes for any log.
  VOTES_FOR_A_SHORTER_LOG,
  /// E7: a pre-vote counts as a vote.
  PRE_VOTES_COUNT_AS_VOTES,
  /// R6: voters elect another leader although they promised not to.
  VOTERS_BREAK_THEIR_PROMISE,

  // Replication and commit.

  /// Figure 2: entries of a leader of an earlier term are taken as the present leader's.
  IGNORES_THE_TERM_OF_A_LEADER,
  /// L1: entries are taken wherever they fit by index, whatever was there before them.
  PREVIOUS_TERM_NOT_COMPARED,
  /// L3: a leader takes the answer to a heartbeat for an acknowledgement of data.
  HEARTBEAT_ANSWERS_COUNT_AS_DATA,
  /// L2: a follower takes the leader's commit index for its own whole log.
  COMMITS_ITS_UNPROVEN_TAIL,
  /// L4: the leader's own copy is a quorum.
  COMMITS_WITHOUT_A_QUORUM,
  /// §5.4.2, Figure 8: counting copies commits entries of earlier terms.
  COMMITS_EARLIER_TERMS_BY_COUNTING,

  // Reads and clocks.

  /// R2: an answer to an earlier round confirms any later one.
  OLD_ANSWERS_CONFIRM_NEW_READS,
  /// R4: the lease counts from when the answer arrived.
  LEASE_FROM_THE_ANSWER,
  /// R4: clocks run faster or slower than the lease allows for.
  CLOCKS_DRIFT_BEYOND_THE_BOUND,
  /// R1: a read asks nobody.
  READS_ARE_LOCAL,

  // Snapshots and compaction.

  /// C2: a snapshot has the configuration that the cluster was founded with.
  SNAPSHOT_HAS_THE_FOUNDERS_ONLY,
  /// C3: the state is that of an older snapshot than was asked for.
  INSTALLS_AN_OLDER_SNAPSHOT,
  /// C5: snapshots are not synced.
  SNAPSHOT_NOT_SYNCED,
  /// C6: while one snapshot is being installed, the next one is taken for the same.
  INSTALLS_THE_FIRST_SNAPSHOT_AGAIN,
  /// C7: the log is compacted beyond the snapshot.
  COMPACTS_BEYOND_THE_SNAPSHOT,
  /// C8: a snapshot that did not arrive is not offered again.
  SNAPSHOT_IS_OFFERED_ONCE,

  // Members.

  /// M1: a configuration counts as committed when it is appended.
  CONFIGURATION_COMMITS_AT_ONCE,
  /// M2: a joint configuration is committed by the new half.
  JOINT_COMMITS_BY_THE_NEW_HALF,
  /// M3: a joint configuration is left only by who entered it.
  JOINT_IS_LEFT_BY_ITS_LEADER_ONLY,
  /// M5: a candidate is elected by the new half of a joint configuration.
  ELECTED_BY_THE_NEW_HALF,
  /// M7: a leader that is removed is silent as soon as that is in its log.
  LEADER_GOES_BEFORE_ITS_REMOVAL_IS_COMMITTED,
  /// M8: a learner counts as having all of the log.
  LEARNERS_COUNT_AS_CAUGHT_UP,
  /// M11: a node that restarts does not look for the latest configuration in its log.
  RESTART_FORGETS_THE_LATEST_CONFIGURATION,
  /// A member that is asked knows every disk.
  EVERY_DISK_IS_RECOGNISED,
  /// A new disk takes part without being recognised.
  NEW_DISK_ASKS_NOBODY,

  // Time.

  /// A replica removes keys by its own clock.
  EXPIRES_BY_ITS_OWN_CLOCK,
  /// All replicas agree, and remove keys before their time.
  EXPIRES_TWICE_AS_FAST,
  /// Nothing is removed unless somebody writes.
  NOBODY_LETS_TIME_PASS,
  /// A leader goes on removing keys after it was deposed, until it hears of that.
  EXPIRES_AFTER_IT_WAS_DEPOSED,
  /// Whoever is elected goes by its wall clock, which may be wrong by an hour.
  TIME_RESTARTS_AT_THE_WALL_CLOCK,
  /// How many keys go with an entry is each node's own affair.
  EXPIRY_BUDGETS_DIFFER,

  // Watches.

  /// Some change is not told.
  WATCH_MISSES_A_CHANGE,
  /// Some change is told twice.
  WATCH_TELLS_TWICE,
  /// Some change does not know what was there before.
  WATCH_FORGETS_PREVIOUS_VALUES,
  /// Nobody is told that a time to live did it.
  WATCH_KNOWS_NO_EXPIRY,
  /// Progress tells of a revision that was not told yet.
  WATCH_PROGRESS_IS_AHEAD,
  /// A watch goes on over a snapshot that was taken in, as if nothing had changed.
  WATCH_OVERLOOKS_A_SNAPSHOT,
  /// A watch that goes on elsewhere leaves out a revision.
  WATCH_RESUMES_ONE_TOO_LATE,

  // What nodes tell of themselves.

  /// A node says that it leads as soon as it is elected.
  LEADERSHIP_IS_ANNOUNCED_EARLY,
  /// Who follows a node is told what was, after what is.
  STATE_IS_TOLD_AFTER_A_NEWER_ONE,

  // Users.

  /// A write of unknown outcome is sent again, and the answer taken for the answer to the first.
  WRITES_ARE_REPEATED;

  /// Whether there is something to find.
  boolean isMistake() {
    return this != NONE && this != ONLY_THE_WRAPPING;
  }

  /// In how many times more runs than others it must be found: it needs an election in the middle
  /// of a change of more than half of the voters.
  int rarity() {
    return this == ELECTED_BY_THE_NEW_HALF ? 5 : 1;
  }

  /// A node is about to start again.
  void beforeRestart(Machine machine, RandomGenerator random) {
    if (this == DISK_FROM_THE_PAST) {
      machine.disk().swap(random.nextInt(3) == 0);
    } else if (this == DISK_WIPED && random.nextInt(3) == 0) {
      machine.disk().wipeButForIdentity();
    }
  }

  /// A disk is about to be used.
  void prepare(SimulatedDisk disk) {
    if (this == DISK_LIES) {
      disk.lieAboutSyncs();
    } else if (this == DIRECTORY_NEVER_SYNCS) {
      disk.forgetNames();
    }
  }

  /// How fast a clock runs.
  double clockRate(double rate, RandomGenerator random) {
    return this == CLOCKS_DRIFT_BEYOND_THE_BOUND && random.nextBoolean() ? rate * 4 : rate;
  }
}
