package dengine.engine;

import dengine.raft.Position;
import org.jspecify.annotations.Nullable;

/// A command on its way into the log. `position` is the event loop's.
final class WriteCall extends Call {

  private final byte[] command;
  private @Nullable Position position;

  WriteCall(byte[] command, long deadline, @Nullable Completion completion) {
    super(deadline, completion);
    this.command = command;
  }

  byte[] command() {
    return command;
  }

  void accepted(Position at) {
    position = at;
  }

  long index() {
    return position == null ? 0 : position.index();
  }

  @Override
  NodeException interrupted() {
    return new NodeException.OutcomeUnknown("interrupted while the command was on its way");
  }

  @Override
  NodeException expired() {
    return position == null
        ? new NodeException.DeadlinePassed("the deadline passed before the command was proposed")
        : new NodeException.OutcomeUnknown(
            "the deadline passed while the command waited for a quorum at " + position);
  }
}
