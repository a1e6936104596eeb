package dengine.api;

/// How fresh a read is, and what it costs.
public enum ReadPolicy {

  /// Strictly linearizable under every fault, clock faults included: the leader asks a quorum
  /// whether it still leads. Reads that arrive together share one round.
  LINEARIZABLE,

  /// Answered by the leader alone while its lease is valid: linearizable as long as the rates of
  /// the nodes' clocks differ by less than the configured bound.
  LEASE,

  /// Any node answers from what it has applied: a committed, coherent state that never goes
  /// backwards on one node, and may be old.
  EVENTUAL
}
