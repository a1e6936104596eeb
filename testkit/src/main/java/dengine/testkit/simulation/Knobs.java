package dengine.testkit.simulation;

import dengine.engine.Persistence;
import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import dengine.kv.ExpiryBudget;
import dengine.raft.Membership;
import dengine.raft.RaftOptions;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// What is fixed for one run, drawn from its seed: the size of the cluster, limits so small that
/// rare paths are common, and how bad network, disks, clocks and processes are. Times in
/// nanoseconds, chances from 0 to 1.
///
/// @param nodes members that found the cluster
/// @param learners how many of them, the last ones, have no vote
/// @param spares machines that may join later
/// @param changes whether operators change the members
/// @param raft timing and limits of the algorithm
/// @param snapshots when they are taken, what is kept of them, and how they travel
/// @param persistence what an acknowledgement rests on; with [Persistence.MemFirst] processes die
///     but the power stays on
/// @param segmentBytes size of a log file
/// @param logBatchBytes most bytes in one write to the log
/// @param clients how many there are
/// @param remoteClients how many of them, the first ones, speak to the nodes over sessions
/// @param keys how many keys they use
/// @param deadline of each call
/// @param think longest pause of a client between two calls
/// @param loss chance that a message is lost
/// @param duplication chance that a message arrives twice
/// @param inOrder whether messages of a link keep their order
/// @param messageDelay longest time a message takes, unless it is late
/// @param lateMessages chance that a message is late
/// @param lateness how late it may be, in election timeouts
/// @param diskDelay longest time until a write to the log is taken up
/// @param taskDelay longest time until a task runs
/// @param bytesPerMilli how much a link carries
/// @param slowMachine whether a state machine of somebody's own does not promise to be quick
/// @param drift how much faster or slower a clock may run
/// @param faultEvery mean time between two faults
record Knobs(
    int nodes,
    int learners,
    int spares,
    boolean changes,
    RaftOptions raft,
    SnapshotOptions snapshots,
    Persistence persistence,
    int segmentBytes,
    int logBatchBytes,
    int clients,
    int remoteClients,
    int keys,
    Duration deadline,
    long think,
    double loss,
    double duplication,
    boolean inOrder,
    long messageDelay,
    double lateMessages,
    int lateness,
    long diskDelay,
    long taskDelay,
    long bytesPerMilli,
    boolean slowMachine,
    double drift,
    long faultEvery) {

  static final long MILLI = 1_000_000;
  private static final long NO_MORE_FAULTS = Long.MAX_VALUE / 4;
  static final double DRIFT_BOUND = 0.1;
  private static final Duration ELECTION_TIMEOUT = Duration.ofMillis(100);
  private static final Duration HEARTBEAT = Duration.ofMillis(20);

  static Knobs random(RandomGenerator random, Plan plan) {
    int dice = random.nextInt(12);
    int learners = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
    int drawn = dice == 0 ? 1 : dice < 8 ? 3 : 5;
    int nodes = plan.nodes().orElse(Math.min(drawn + learners, 6));
    boolean powerStays = random.nextInt(5) == 0;
    int spares = 1 + random.nextInt(3);
    boolean changes = random.nextInt(3) > 0 && plan.has(Trouble.CHANGES);
    return new Knobs(
        nodes,
        Math.min(learners, nodes - 1),
        changes ? spares : 0,
        changes,
        raft(random, plan.has(Trouble.TIGHT_LIMITS)),
        snapshots(random, plan.has(Trouble.SNAPSHOTS)),
        powerStays
            ? new Persistence.MemFirst(Duration.ofMillis(1 + random.nextInt(50)))
            : new Persistence.DiskFirst(),
        (4 << 10) << random.nextInt(4),
        random.nextBoolean() ? 1 : 1 << 20,
        plan.clients().orElse(1 + random.nextInt(8)),
        random.nextInt(5),
        2 + random.nextInt(8),
        Duration.ofMillis(20 + random.nextInt(1000)),
        // Busier clients only make histories that nobody can judge.
        2 * MILLI + random.nextLong(20 * MILLI),
        chance(random, 0.2, plan.has(Trouble.LOSS)),
        chance(random, 0.2, plan.has(Trouble.DUPLICATION)),
        random.nextBoolean() || !plan.has(Trouble.REORDERING),
        MILLI / 10 + random.nextLong(random.nextBoolean() ? 2 * MILLI : 25 * MILLI),
        chance(random, random.nextInt(3) == 0 ? 0.4 : 0.05, plan.has(Trouble.LATE_MESSAGES)),
        1 + random.nextInt(10),
        delay(random, MILLI, 15 * MILLI, plan.has(Trouble.SLOW_DISKS)),
        delay(random, MILLI / 10, 5 * MILLI, plan.has(Trouble.SLOW_TASKS)),
        bandwidth(random, plan.has(Trouble.NARROW_LINKS)),
        random.nextInt(3) == 0,
        random.nextDouble(DRIFT_BOUND * 0.49) * (plan.has(Trouble.DRIFT) ? 1 : 0),
        MILLI * (20 + random.nextLong(400)));
  }

  private static double chance(RandomGenerator random, double most, boolean wanted) {
    double drawn = random.nextBoolean() ? 0 : random.nextDouble(most);
    return wanted ? drawn : 0;
  }

  private static long delay(RandomGenerator random, long usual, long bad, boolean wanted) {
    return 1 + random.nextLong(random.nextBoolean() && wanted ? bad : usual);
  }

  private static long bandwidth(RandomGenerator random, boolean wanted) {
    long drawn = random.nextInt(4) > 0 ? Long.MAX_VALUE : 100 + random.nextLong(2000);
    return wanted ? drawn : Long.MAX_VALUE;
  }

  private static RaftOptions raft(RandomGenerator random, boolean mayBeTight) {
    boolean tight = random.nextInt(3) > 0 && mayBeTight;
    return new RaftOptions(
        ELECTION_TIMEOUT,
        HEARTBEAT,
        DRIFT_BOUND,
        tight ? 1 + random.nextInt(400) : 1 << 20,
        tight ? 1 + random.nextInt(4) : 8,
        tight ? 1 + random.nextInt(600) : 4 << 20,
        tight ? 500 + random.nextLong(3000) : 64 << 20,
        tight ? 1 + random.nextLong(2000) : 8 << 20,
        tight ? 1 + random.nextInt(500) : 4 << 20,
        tight ? 1 + random.nextInt(5) : 1000,
        tight ? random.nextInt(20) : 1000,
        random.nextBoolean());
  }

  private static SnapshotOptions snapshots(RandomGenerator random, boolean wanted) {
    SnapshotPolicy often =
        switch (random.nextInt(5)) {
          case 0, 1 ->
              new SnapshotPolicy.Entries(1 + random.nextInt(random.nextBoolean() ? 6 : 60));
          case 2 -> new SnapshotPolicy.Bytes(1 + random.nextInt(4000));
          case 3 ->
              SnapshotPolicy.firstOf(
                  new SnapshotPolicy.Entries(1 + random.nextInt(100)),
                  new SnapshotPolicy.Age(Duration.ofMillis(20 + random.nextInt(500))));
          default -> SnapshotPolicy.onDemand();
        };
    Duration patience = Duration.ofMillis(5 + random.nextInt(100));
    return new SnapshotOptions(
        wanted ? often : SnapshotPolicy.onDemand(),
        1 + random.nextInt(3),
        random.nextInt(random.nextBoolean() ? 4 : 60),
        random.nextBoolean() ? random.nextInt(2000) : 1 << 20,
        Long.MAX_VALUE,
        random.nextInt(4) == 0 ? 64 << 10 : 0,
        1 + random.nextInt(random.nextBoolean() ? 30 : 4000),
        1 + random.nextInt(4),
        1 + random.nextInt(2),
        patience,
        patience.plusMillis(20 + random.nextInt(500)));
  }

  /// How many keys go with one entry: few, in most runs. Not drawn from the seed itself, of which
  /// everything else depends.
  ExpiryBudget expiryBudget() {
    SplittableRandom own = new SplittableRandom(think);
    return own.nextInt(4) == 0
        ? ExpiryBudget.DEFAULT
        : new ExpiryBudget(1 + own.nextInt(2), own.nextInt(2), 2 + own.nextInt(3));
  }

  /// The same cluster in good health.
  Knobs healed() {
    return new Knobs(
        nodes,
        learners,
        spares,
        changes,
        raft,
        snapshots,
        persistence,
        segmentBytes,
        logBatchBytes,
        clients,
        remoteClients,
        keys,
        deadline,
        think,
        0,
        0,
        true,
        MILLI,
        0,
        1,
        MILLI / 2,
        MILLI / 10,
        Long.MAX_VALUE,
        slowMachine,
        drift,
        NO_MORE_FAULTS);
  }

  /// Whether the power may be cut: only then what was not synced is lost.
  boolean losesPower() {
    return persistence instanceof Persistence.DiskFirst;
  }

  boolean isHealed() {
    return faultEvery == NO_MORE_FAULTS;
  }

  /// All of them.
  int machines() {
    return nodes + spares;
  }

  /// Those who found the cluster.
  Membership founders() {
    return new Membership(
        IntStream.rangeClosed(1, nodes - learners).boxed().toList(),
        List.of(),
        IntStream.rangeClosed(nodes - learners + 1, nodes).boxed().toList());
  }

  long electionTimeout() {
    return raft.electionTimeout().toNanos();
  }
}
