package dengine.engine;

import org.jspecify.annotations.Nullable;

/// A reader that waits until what is applied here is fresh enough for a linearizable read.
final class ReadCall extends Call {

  ReadCall(long deadline, @Nullable Completion completion) {
    super(deadline, completion);
  }

  @Override
  NodeException interrupted() {
    return new NodeException.DeadlinePassed("interrupted while waiting to read");
  }

  @Override
  NodeException expired() {
    return new NodeException.DeadlinePassed(
        "the deadline passed before a quorum confirmed that this node leads");
  }
}
