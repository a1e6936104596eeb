package dengine.raft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// What is fixed for one run of the [Simulation], drawn from its seed: the size of the cluster,
/// limits so small that rare paths are common, and how bad network, disks and clocks are. Times in
/// nanoseconds.
///
/// @param spares nodes that may join
/// @param tellsDisksApart whether nodes have incarnations, found their cluster, and may lose a disk
record Knobs(
    Membership membership,
    RaftOptions options,
    double loss,
    double duplication,
    boolean inOrder,
    long messageDelay,
    double lateMessages,
    long diskDelay,
    long applyDelay,
    double drift,
    long faultEvery,
    int spares,
    boolean tellsDisksApart,
    boolean changesMembers,
    boolean takesSnapshots) {

  static final Duration ELECTION_TIMEOUT = Duration.ofMillis(100);
  static final Duration HEARTBEAT = Duration.ofMillis(20);
  static final double DRIFT_BOUND = 0.1;

  static final long MILLI = 1_000_000;

  static Knobs random(RandomGenerator random) {
    int voters = random.nextInt(10) == 0 ? 1 : random.nextBoolean() ? 3 : 5;
    int learners = random.nextInt(3) == 0 ? 1 : 0;
    boolean changes = random.nextBoolean();
    return new Knobs(
        membership(random, voters, learners),
        options(random),
        random.nextBoolean() ? 0 : random.nextDouble(0.2),
        random.nextBoolean() ? 0 : random.nextDouble(0.2),
        random.nextBoolean(),
        MILLI / 10 + random.nextLong(random.nextBoolean() ? 2 * MILLI : 25 * MILLI),
        random.nextBoolean() ? 0 : random.nextDouble(0.1),
        1 + random.nextLong(random.nextBoolean() ? MILLI : 15 * MILLI),
        1 + random.nextLong(random.nextBoolean() ? MILLI : 20 * MILLI),
        random.nextDouble(DRIFT_BOUND * 0.99),
        MILLI * (20 + random.nextLong(400)),
        changes ? random.nextInt(3) : 0,
        changes && random.nextBoolean(),
        changes,
        random.nextBoolean());
  }

  private static Membership membership(RandomGenerator random, int voters, int learners) {
    List<Integer> ids = new ArrayList<>();
    for (int id = 1; id <= voters; id++) {
      ids.add(id);
    }
    List<Integer> outgoing = new ArrayList<>();
    if (voters == 5 && random.nextInt(4) == 0) {
      // The cluster begins in a joint configuration: both halves count for everything (rule M5).
      outgoing.addAll(ids.subList(0, 3));
      ids = new ArrayList<>(ids.subList(2, 5));
    }
    return new Membership(ids, outgoing, learners == 0 ? List.of() : List.of(voters + 1));
  }

  private static RaftOptions options(RandomGenerator random) {
    boolean tight = random.nextInt(3) > 0;
    return new RaftOptions(
        ELECTION_TIMEOUT,
        HEARTBEAT,
        DRIFT_BOUND,
        tight ? 1 + random.nextInt(400) : 1 << 20,
        tight ? 1 + random.nextInt(4) : 8,
        tight ? 1 + random.nextInt(600) : 4 << 20,
        tight ? 500 + random.nextLong(3000) : 64 << 20,
        tight ? 1 + random.nextLong(2000) : 64 << 20,
        tight ? 1 + random.nextInt(500) : 4 << 20,
        tight ? 1 + random.nextInt(5) : 1000,
        tight ? random.nextLong(20) : 1000,
        random.nextBoolean());
  }

  /// The same cluster in good health.
  Knobs healed() {
    return new Knobs(
        membership,
        options,
        0,
        0,
        true,
        MILLI,
        0,
        MILLI / 2,
        MILLI / 2,
        drift,
        Long.MAX_VALUE / 4,
        spares,
        tellsDisksApart,
        changesMembers,
        takesSnapshots);
  }
}
