package dengine.engine;

import java.time.Duration;

/// When a node takes snapshots, how much of the log it keeps beside them, and how it sends them.
///
/// @param policy when one is taken without being asked for
/// @param retainCount how many are kept; at least 1
/// @param retainedLogEntries how many entries before a snapshot the log keeps at most, so that a
///     follower that was away for a while needs no snapshot; at least 0
/// @param retainedLogBytes how many bytes of such entries the log keeps at most, about; at least 0
/// @param writeBytesPerSecond how fast a snapshot is written as long as the next one is not due;
///     then it is written as fast as the disk takes it. At least 64 KiB
/// @param transferBytesPerSecond how fast this node sends snapshots, to all peers together; at
///     least 64 KiB, or 0 for as fast as they ask
/// @param pieceBytes bytes asked for and sent at a time; 1 to 1 MiB
/// @param piecesInFlight pieces asked for at a time by a node that receives; 1 to 64
/// @param concurrentSends peers that are sent to at a time, others wait; at least 1
/// @param pieceTimeout silence after which pieces are asked for, or a snapshot is offered, again;
///     1 ms to 1 minute
/// @param idleTimeout silence after which a transfer ends, to go on where it was at the next
///     offer; more than `pieceTimeout`, at most 1 hour
public record SnapshotOptions(
    SnapshotPolicy policy,
    int retainCount,
    long retainedLogEntries,
    long retainedLogBytes,
    long writeBytesPerSecond,
    long transferBytesPerSecond,
    int pieceBytes,
    int piecesInFlight,
    int concurrentSends,
    Duration pieceTimeout,
    Duration idleTimeout) {

  private static final int MAX_PIECE_BYTES = 1 << 20;
  private static final int MAX_PIECES = 64;
  private static final long MIN_RATE = 64 << 10;

  /// The defaults: a snapshot after 100 000 entries, 256 MiB of them, or an hour; two are kept, and
  /// as many entries before the newest.
  public static final SnapshotOptions DEFAULT =
      new SnapshotOptions(
          SnapshotPolicy.firstOf(
              new SnapshotPolicy.Entries(100_000),
              new SnapshotPolicy.Bytes(256L << 20),
              new SnapshotPolicy.Age(Duration.ofHours(1))),
          2,
          100_000,
          256L << 20,
          32L << 20,
          0,
          256 << 10,
          4,
          4,
          Duration.ofSeconds(1),
          Duration.ofSeconds(30));

  public SnapshotOptions {
    require(retainCount >= 1, "retainCount", retainCount, ">= 1");
    require(retainedLogEntries >= 0, "retainedLogEntries", retainedLogEntries, ">= 0");
    require(retainedLogBytes >= 0, "retainedLogBytes", retainedLogBytes, ">= 0");
    require(
        writeBytesPerSecond >= MIN_RATE,
        "writeBytesPerSecond",
        writeBytesPerSecond,
        ">= " + MIN_RATE);
    require(
        transferBytesPerSecond == 0 || transferBytesPerSecond >= MIN_RATE,
        "transferBytesPerSecond",
        transferBytesPerSecond,
        "0, or >= " + MIN_RATE);
    require(
        pieceBytes >= 1 && pieceBytes <= MAX_PIECE_BYTES,
        "pieceBytes",
        pieceBytes,
        "1 to " + MAX_PIECE_BYTES);
    require(
        piecesInFlight >= 1 && piecesInFlight <= MAX_PIECES,
        "piecesInFlight",
        piecesInFlight,
        "1 to " + MAX_PIECES);
    require(concurrentSends >= 1, "concurrentSends", concurrentSends, ">= 1");
    require(
        pieceTimeout.compareTo(Duration.ofMillis(1)) >= 0
            && pieceTimeout.compareTo(Duration.ofMinutes(1)) <= 0,
        "pieceTimeout",
        pieceTimeout,
        "1 ms to 1 minute");
    require(
        idleTimeout.compareTo(pieceTimeout) > 0 && idleTimeout.compareTo(Duration.ofHours(1)) <= 0,
        "idleTimeout",
        idleTimeout,
        "more than pieceTimeout (" + pieceTimeout + "), at most 1 hour");
  }

  /// The same with another policy.
  public SnapshotOptions withPolicy(SnapshotPolicy other) {
    return new SnapshotOptions(
        other,
        retainCount,
        retainedLogEntries,
        retainedLogBytes,
        writeBytesPerSecond,
        transferBytesPerSecond,
        pieceBytes,
        piecesInFlight,
        concurrentSends,
        pieceTimeout,
        idleTimeout);
  }

  /// The same with another count of snapshots, and another length of the log before the newest.
  public SnapshotOptions withRetention(int snapshots, long logEntries, long logBytes) {
    return new SnapshotOptions(
        policy,
        snapshots,
        logEntries,
        logBytes,
        writeBytesPerSecond,
        transferBytesPerSecond,
        pieceBytes,
        piecesInFlight,
        concurrentSends,
        pieceTimeout,
        idleTimeout);
  }

  /// The same written at another rate, in bytes per second.
  public SnapshotOptions withWriting(long bytesPerSecond) {
    return new SnapshotOptions(
        policy,
        retainCount,
        retainedLogEntries,
        retainedLogBytes,
        bytesPerSecond,
        transferBytesPerSecond,
        pieceBytes,
        piecesInFlight,
        concurrentSends,
        pieceTimeout,
        idleTimeout);
  }

  /// The same with another rate and other pieces.
  public SnapshotOptions withTransfer(long bytesPerSecond, int bytesOfPiece, int inFlight) {
    return new SnapshotOptions(
        policy,
        retainCount,
        retainedLogEntries,
        retainedLogBytes,
        writeBytesPerSecond,
        bytesPerSecond,
        bytesOfPiece,
        inFlight,
        concurrentSends,
        pieceTimeout,
        idleTimeout);
  }

  /// The same with other patience.
  public SnapshotOptions withTimeouts(Duration piece, Duration idle) {
    return new SnapshotOptions(
        policy,
        retainCount,
        retainedLogEntries,
        retainedLogBytes,
        writeBytesPerSecond,
        transferBytesPerSecond,
        pieceBytes,
        piecesInFlight,
        concurrentSends,
        piece,
        idle);
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
