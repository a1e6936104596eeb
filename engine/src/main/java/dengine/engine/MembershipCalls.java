package dengine.engine;

import dengine.raft.Position;
import java.util.ArrayList;
import java.util.List;

/// The changes of the members that a node has accepted and that are not over: rarely more than one.
/// Owned by the event loop.
final class MembershipCalls {

  private final List<MembershipCall> accepted = new ArrayList<>();
  private boolean lost;

  void accept(MembershipCall call, Position position) {
    call.accepted(position);
    accepted.add(call);
  }

  /// Another configuration is committed.
  void committed(Configuration configuration) {
    accepted.removeIf(call -> call.hasEndedWith(configuration));
  }

  /// The node no longer leads. What the same turn still commits is not lost: a leader that removes
  /// itself steps down with the commit.
  void loseLater() {
    lost = true;
  }

  /// Ends what was lost in this turn.
  void endTurn() {
    if (lost) {
      lost = false;
      fail(
          new NodeException.OutcomeUnknown("lost"), "the node lost its leadership with the change");
    }
  }

  /// Ends everything.
  void stop(NodeException.Stopped why) {
    fail(why, "the node stopped with the change");
  }

  private void fail(NodeException why, String what) {
    accepted.forEach(call -> call.lose(why, what));
    accepted.clear();
  }
}
