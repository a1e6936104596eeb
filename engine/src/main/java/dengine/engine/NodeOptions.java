package dengine.engine;

import dengine.raft.RaftOptions;
import java.time.Duration;

/// How a node runs.
///
/// @param raft timing and limits of the algorithm
/// @param persistence what an acknowledgement rests on
/// @param maxPendingCalls calls waiting for the event loop beyond this many are refused; at least 1
/// @param maxLogBatchBytes most bytes of entries in one write to the log; at least 1
/// @param closeTimeout longest wait for calls in flight when the node is closed
/// @param snapshots when snapshots are taken, what is kept beside them, and how they are sent
public record NodeOptions(
    RaftOptions raft,
    Persistence persistence,
    int maxPendingCalls,
    int maxLogBatchBytes,
    Duration closeTimeout,
    SnapshotOptions snapshots) {

  /// The defaults: durable on disk.
  public static final NodeOptions DEFAULT =
      new NodeOptions(
          RaftOptions.DEFAULT,
          new Persistence.DiskFirst(),
          100_000,
          4 << 20,
          Duration.ofSeconds(5),
          SnapshotOptions.DEFAULT);

  /// The options with the defaults for snapshots.
  public NodeOptions(
      RaftOptions raft,
      Persistence persistence,
      int maxPendingCalls,
      int maxLogBatchBytes,
      Duration closeTimeout) {
    this(
        raft,
        persistence,
        maxPendingCalls,
        maxLogBatchBytes,
        closeTimeout,
        SnapshotOptions.DEFAULT);
  }

  public NodeOptions {
    if (maxPendingCalls < 1) {
      throw new IllegalArgumentException(
          "maxPendingCalls = " + maxPendingCalls + ", permitted: >= 1");
    }
    if (maxLogBatchBytes < 1) {
      throw new IllegalArgumentException(
          "maxLogBatchBytes = " + maxLogBatchBytes + ", permitted: >= 1");
    }
    if (closeTimeout.isNegative()) {
      throw new IllegalArgumentException("closeTimeout = " + closeTimeout + ", permitted: >= 0");
    }
  }

  /// The same with other timing and limits of the algorithm.
  public NodeOptions withRaft(RaftOptions other) {
    return new NodeOptions(
        other, persistence, maxPendingCalls, maxLogBatchBytes, closeTimeout, snapshots);
  }

  /// The same with another meaning of an acknowledgement.
  public NodeOptions withPersistence(Persistence other) {
    return new NodeOptions(raft, other, maxPendingCalls, maxLogBatchBytes, closeTimeout, snapshots);
  }

  /// The same with other snapshots.
  public NodeOptions withSnapshots(SnapshotOptions other) {
    return new NodeOptions(
        raft, persistence, maxPendingCalls, maxLogBatchBytes, closeTimeout, other);
  }

  /// The same with another patience at the end.
  public NodeOptions withCloseTimeout(Duration other) {
    return new NodeOptions(raft, persistence, maxPendingCalls, maxLogBatchBytes, other, snapshots);
  }
}
