package dengine.testkit.simulation;

import dengine.engine.Persistence;
import dengine.raft.RaftOptions;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// What is fixed for one run, drawn from its seed: the size of the cluster, limits so small that
/// rare paths are common, and how bad network, disks, clocks and processes are. Times in
/// nanoseconds, chances from 0 to 1.
///
/// @param nodes members, all voters
/// @param raft timing and limits of the algorithm
/// @param persistence what an acknowledgement rests on; with [Persistence.MemFirst] processes die
///     but the power stays on
/// @param segmentBytes size of a log file
/// @param logBatchBytes most bytes in one write to the log
/// @param clients how many there are
/// @param keys how many keys they use
/// @param deadline of each call
/// @param think longest pause of a client between two calls
/// @param loss chance that a message is lost
/// @param duplication chance that a message arrives twice
/// @param inOrder whether messages of a link keep their order
/// @param messageDelay longest time a message takes, unless it is late
/// @param lateMessages chance that a message takes as long as several elections
/// @param diskDelay longest time until a write to the log is taken up
/// @param taskDelay longest time until a task runs
/// @param drift how much faster or slower a clock may run
/// @param faultEvery mean time between two faults
record Knobs(
    int nodes,
    RaftOptions raft,
    Persistence persistence,
    int segmentBytes,
    int logBatchBytes,
    int clients,
    int keys,
    Duration deadline,
    long think,
    double loss,
    double duplication,
    boolean inOrder,
    long messageDelay,
    double lateMessages,
    long diskDelay,
    long taskDelay,
    double drift,
    long faultEvery) {

  static final long MILLI = 1_000_000;
  static final double DRIFT_BOUND = 0.1;
  private static final Duration ELECTION_TIMEOUT = Duration.ofMillis(100);
  private static final Duration HEARTBEAT = Duration.ofMillis(20);

  static Knobs random(RandomGenerator random) {
    int dice = random.nextInt(10);
    return new Knobs(
        dice == 0 ? 1 : dice < 7 ? 3 : 5,
        raft(random),
        random.nextInt(5) == 0
            ? new Persistence.MemFirst(Duration.ofMillis(1 + random.nextInt(50)))
            : new Persistence.DiskFirst(),
        (4 << 10) << random.nextInt(4),
        random.nextBoolean() ? 1 : 1 << 20,
        1 + random.nextInt(8),
        2 + random.nextInt(8),
        Duration.ofMillis(20 + random.nextInt(1000)),
        // Busier clients only make histories that nobody can judge.
        2 * MILLI + random.nextLong(20 * MILLI),
        random.nextBoolean() ? 0 : random.nextDouble(0.2),
        random.nextBoolean() ? 0 : random.nextDouble(0.2),
        random.nextBoolean(),
        MILLI / 10 + random.nextLong(random.nextBoolean() ? 2 * MILLI : 25 * MILLI),
        random.nextBoolean() ? 0 : random.nextDouble(0.05),
        1 + random.nextLong(random.nextBoolean() ? MILLI : 15 * MILLI),
        1 + random.nextLong(random.nextBoolean() ? MILLI / 10 : 5 * MILLI),
        random.nextDouble(DRIFT_BOUND * 0.49),
        MILLI * (20 + random.nextLong(400)));
  }

  private static RaftOptions raft(RandomGenerator random) {
    boolean tight = random.nextInt(3) > 0;
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
        tight ? 1 + random.nextInt(5) : 1000);
  }

  /// The same cluster in good health.
  Knobs healed() {
    return new Knobs(
        nodes,
        raft,
        persistence,
        segmentBytes,
        logBatchBytes,
        clients,
        keys,
        deadline,
        think,
        0,
        0,
        true,
        MILLI,
        0,
        MILLI / 2,
        MILLI / 10,
        drift,
        Long.MAX_VALUE / 4);
  }

  /// Whether the power may be cut: only then what was not synced is lost.
  boolean losesPower() {
    return persistence instanceof Persistence.DiskFirst;
  }

  long electionTimeout() {
    return raft.electionTimeout().toNanos();
  }
}
