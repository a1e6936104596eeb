package dengine.client;

import dengine.proto.v1.Command;
import dengine.proto.v1.Reply;
import java.util.function.Function;

/// What a call asks for, apart from when and where it is sent.
///
/// @param kind who may answer it, and what may be concluded when nobody does
/// @param command the command, without its number and timeout
/// @param reader makes the result of the server's reply; throws [IllegalArgumentException] if the
///     reply is none to this command
record Operation<T>(Kind kind, Command command, Function<Reply, T> reader) {

  /// Kinds of operations.
  enum Kind {
    /// Changes something. Only the leader takes it, and it is sent at most once (rule A1).
    WRITE,
    /// Only the leader answers it; may be sent again at will.
    LEADER_READ,
    /// Every node answers it; may be sent again at will.
    ANY_READ
  }

  /// Bytes this operation counts for while it is under way.
  int size() {
    return 64 + command.getSerializedSize();
  }

  /// Bytes of the largest value in it.
  int largestValue() {
    return switch (command.getOperationCase()) {
      case PUT -> command.getPut().getValue().size();
      case COMPARE_AND_SWAP ->
          Math.max(
              command.getCompareAndSwap().getValue().size(),
              command.getCompareAndSwap().getExpected().size());
      case DELETE, GET, GET_MANY, SCAN, MEMBERS, LEADER, OPERATION_NOT_SET -> 0;
    };
  }

  boolean isWrite() {
    return kind == Kind.WRITE;
  }
}
