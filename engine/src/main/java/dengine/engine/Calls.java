package dengine.engine;

import dengine.raft.Entry;
import dengine.raft.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// The calls a node has taken and not yet ended: which of them are in the log, and which are
/// overdue. Owned by the event loop.
final class Calls {

  private static final long SWEEP_NANOS = 20_000_000;

  /// Calls whose command is in the log and not yet handed to the state machine, by index.
  private final ArrayDeque<WriteCall> accepted = new ArrayDeque<>();

  /// Every call that was taken and may not have ended, by age.
  private final ArrayDeque<Call> outstanding = new ArrayDeque<>();

  private long sweepDue = Long.MAX_VALUE;

  /// Takes a call; returns whether there is anything to do for it.
  boolean take(Call call, long now) {
    if (now >= call.deadline()) {
      call.fail(call.expired());
      return false;
    }
    outstanding.add(call);
    return !call.isDone();
  }

  void accept(WriteCall call, Position position) {
    call.accepted(position);
    accepted.add(call);
  }

  /// Removes and returns the calls that wait for some of these entries, ascending by index.
  List<WriteCall> waitingFor(List<Entry> entries) {
    if (accepted.isEmpty()) {
      return List.of();
    }
    long last = entries.getLast().index();
    List<WriteCall> calls = new ArrayList<>(Math.min(accepted.size(), entries.size()));
    for (WriteCall call = accepted.peek();
        call != null && call.index() <= last;
        call = accepted.peek()) {
      calls.add(accepted.remove());
    }
    return calls;
  }

  /// Ends the calls that are in the log: whether they commit is now up to others.
  void loseAccepted(NodeException unknown) {
    accepted.forEach(call -> call.fail(unknown));
    accepted.clear();
  }

  /// Ends calls whose deadline has passed, and forgets those that have ended.
  void sweep(long now) {
    while (!outstanding.isEmpty() && outstanding.peek().isDone()) {
      outstanding.remove();
    }
    if (now >= sweepDue) {
      sweepDue = Long.MAX_VALUE;
      for (Call call : outstanding) {
        if (now >= call.deadline() && !call.isDone()) {
          call.fail(call.expired());
        }
      }
      outstanding.removeIf(Call::isDone);
    }
    sweepDue = outstanding.isEmpty() ? Long.MAX_VALUE : Math.min(sweepDue, now + SWEEP_NANOS);
  }

  /// When [#sweep] is due next.
  long sweepDue() {
    return sweepDue;
  }

  /// Calls not known to have ended.
  int size() {
    return outstanding.size();
  }

  boolean isEmpty() {
    return outstanding.isEmpty();
  }

  /// Ends everything.
  void stop(NodeException.Stopped why) {
    NodeException unknown =
        new NodeException.OutcomeUnknown("the node stopped: " + why.getMessage());
    loseAccepted(unknown);
    for (Call call : outstanding) {
      call.fail(call instanceof WriteCall write && write.index() > 0 ? unknown : why);
    }
    outstanding.clear();
    sweepDue = Long.MAX_VALUE;
  }
}
