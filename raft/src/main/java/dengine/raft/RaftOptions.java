package dengine.raft;

import java.time.Duration;

/// Limits and periods of the core.
///
/// @param electionTimeout how long a voter protects a leader it has heard from, and the least time
///     without one before it campaigns; each wait is drawn from
///     `[electionTimeout, 2 × electionTimeout)`
/// @param heartbeatInterval a leader is heard from at least this often; less than `electionTimeout`
/// @param clockDriftBound how much faster one node's clock may run than another's, as a fraction in
///     `[0, 0.5)`; the lease is shorter than `electionTimeout` by this much
/// @param maxMessageBytes most bytes of entries in one message (at least one entry always fits)
/// @param maxInflightMessages most unanswered [Message.Replicate] per peer
/// @param maxInflightBytes most bytes of unanswered entries per peer
/// @param maxUnappliedBytes a leader refuses proposals while this many bytes of entries are not yet
///     committed and applied, and changes of the members while twice as many are. A follower keeps
///     so many in memory for applying, beside `maxTailBytes`; what is on disk may leave it then. It
///     takes no entries while twice as many are in memory, because its disk is slow, or committed
///     ones are on disk only, because its state machine is
/// @param maxTailBytes entries of the recent past kept in memory for replication
/// @param maxApplyBytes most bytes handed to the state machine and not yet reported applied
/// @param maxPendingReads most reads waiting for a confirmation of leadership
/// @param promotionLag a learner may be at most so many entries behind to get a vote; at least 0
/// @param oddVoters whether learners are promoted by themselves only in such numbers that the
///     number of voters is odd afterwards; one that replaces a member always is
public record RaftOptions(
    Duration electionTimeout,
    Duration heartbeatInterval,
    double clockDriftBound,
    int maxMessageBytes,
    int maxInflightMessages,
    int maxInflightBytes,
    long maxUnappliedBytes,
    long maxTailBytes,
    int maxApplyBytes,
    int maxPendingReads,
    long promotionLag,
    boolean oddVoters) {

  /// The defaults.
  public static final RaftOptions DEFAULT =
      new RaftOptions(
          Duration.ofMillis(400),
          Duration.ofMillis(100),
          0.05,
          1 << 20,
          8,
          4 << 20,
          64L << 20,
          8L << 20,
          4 << 20,
          100_000,
          1000,
          true);

  /// The options with the defaults for promotion.
  public RaftOptions(
      Duration electionTimeout,
      Duration heartbeatInterval,
      double clockDriftBound,
      int maxMessageBytes,
      int maxInflightMessages,
      int maxInflightBytes,
      long maxUnappliedBytes,
      long maxTailBytes,
      int maxApplyBytes,
      int maxPendingReads) {
    this(
        electionTimeout,
        heartbeatInterval,
        clockDriftBound,
        maxMessageBytes,
        maxInflightMessages,
        maxInflightBytes,
        maxUnappliedBytes,
        maxTailBytes,
        maxApplyBytes,
        maxPendingReads,
        1000,
        true);
  }

  public RaftOptions {
    require(electionTimeout.toNanos() > 0, "electionTimeout", electionTimeout, "> 0");
    require(
        heartbeatInterval.toNanos() > 0 && heartbeatInterval.compareTo(electionTimeout) < 0,
        "heartbeatInterval",
        heartbeatInterval,
        "between 0 and electionTimeout (" + electionTimeout + "), exclusive");
    require(
        clockDriftBound >= 0 && clockDriftBound < 0.5,
        "clockDriftBound",
        clockDriftBound,
        "[0, 0.5)");
    require(maxMessageBytes > 0, "maxMessageBytes", maxMessageBytes, ">= 1");
    require(maxInflightMessages > 0, "maxInflightMessages", maxInflightMessages, ">= 1");
    require(maxInflightBytes > 0, "maxInflightBytes", maxInflightBytes, ">= 1");
    require(maxUnappliedBytes > 0, "maxUnappliedBytes", maxUnappliedBytes, ">= 1");
    require(maxTailBytes > 0, "maxTailBytes", maxTailBytes, ">= 1");
    require(maxApplyBytes > 0, "maxApplyBytes", maxApplyBytes, ">= 1");
    require(maxPendingReads > 0, "maxPendingReads", maxPendingReads, ">= 1");
    require(promotionLag >= 0, "promotionLag", promotionLag, ">= 0");
  }

  /// How long a lease lasts from the send time of the heartbeat that a quorum answered.
  public Duration leaseDuration() {
    return Duration.ofNanos((long) (electionTimeout.toNanos() * (1 - clockDriftBound)));
  }

  /// These options with other timing.
  public RaftOptions withTiming(Duration election, Duration heartbeat) {
    return new RaftOptions(
        election,
        heartbeat,
        clockDriftBound,
        maxMessageBytes,
        maxInflightMessages,
        maxInflightBytes,
        maxUnappliedBytes,
        maxTailBytes,
        maxApplyBytes,
        maxPendingReads,
        promotionLag,
        oddVoters);
  }

  /// These options with other rules for the promotion of learners.
  public RaftOptions withPromotion(long lag, boolean odd) {
    return new RaftOptions(
        electionTimeout,
        heartbeatInterval,
        clockDriftBound,
        maxMessageBytes,
        maxInflightMessages,
        maxInflightBytes,
        maxUnappliedBytes,
        maxTailBytes,
        maxApplyBytes,
        maxPendingReads,
        lag,
        odd);
  }

  private static void require(boolean holds, String name, Object value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " = " + value + ", permitted: " + range);
    }
  }
}
