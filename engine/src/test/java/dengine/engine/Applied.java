package dengine.engine;

import dengine.raft.Membership;
import dengine.raft.Position;

/// How far a state machine has come, for tests that need one.
final class Applied {

  private Applied() {}

  /// Nothing is applied.
  static AppliedState nothing() {
    return upTo(0);
  }

  /// Everything up to here is, by node 1 alone.
  static AppliedState upTo(long index) {
    Position position = index == 0 ? Position.ORIGIN : new Position(index, 1);
    return new AppliedState(position, 0, Membership.of(1), 0, 0, SnapshotOptions.DEFAULT);
  }
}
