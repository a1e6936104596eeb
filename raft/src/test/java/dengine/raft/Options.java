package dengine.raft;

/// Options for tests: the defaults with some limits so small that they are reached.
final class Options {

  private Options() {}

  /// Followers and leaders take no more than so many bytes that are not applied.
  static RaftOptions unappliedBytes(long bytes) {
    RaftOptions d = RaftOptions.DEFAULT;
    return limits(d.maxMessageBytes(), d.maxInflightMessages(), bytes, d.maxTailBytes());
  }

  /// Every message carries one entry.
  static RaftOptions oneEntryPerMessage(int window) {
    RaftOptions d = RaftOptions.DEFAULT;
    return limits(1, window, d.maxUnappliedBytes(), d.maxTailBytes());
  }

  /// No more than so many reads wait for a confirmation.
  static RaftOptions pendingReads(int reads) {
    RaftOptions d = RaftOptions.DEFAULT;
    return new RaftOptions(
        d.electionTimeout(),
        d.heartbeatInterval(),
        d.clockDriftBound(),
        d.maxMessageBytes(),
        d.maxInflightMessages(),
        d.maxInflightBytes(),
        d.maxUnappliedBytes(),
        d.maxTailBytes(),
        d.maxApplyBytes(),
        reads);
  }

  /// The same, and no more than so many bytes are handed to the state machine at a time.
  static RaftOptions applyBytes(RaftOptions of, int bytes) {
    return new RaftOptions(
        of.electionTimeout(),
        of.heartbeatInterval(),
        of.clockDriftBound(),
        of.maxMessageBytes(),
        of.maxInflightMessages(),
        of.maxInflightBytes(),
        of.maxUnappliedBytes(),
        of.maxTailBytes(),
        bytes,
        of.maxPendingReads());
  }

  static RaftOptions limits(
      int messageBytes, int inflightMessages, long unappliedBytes, long tailBytes) {
    RaftOptions d = RaftOptions.DEFAULT;
    return new RaftOptions(
        d.electionTimeout(),
        d.heartbeatInterval(),
        d.clockDriftBound(),
        messageBytes,
        inflightMessages,
        d.maxInflightBytes(),
        unappliedBytes,
        tailBytes,
        d.maxApplyBytes(),
        d.maxPendingReads());
  }
}
