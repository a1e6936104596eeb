package dengine.client;

import dengine.proto.v1.Command;
import dengine.proto.v1.Reply;
import java.util.List;
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

  /// A value in a command.
  ///
  /// @param field what it is, in the words in which servers refuse it
  /// @param bytes its length
  record Value(String field, int bytes) {}

  /// The values in it, in the order in which servers check them.
  List<Value> values() {
    return switch (command.getOperationCase()) {
      case PUT -> List.of(new Value("value bytes", command.getPut().getValue().size()));
      case COMPARE_AND_SWAP ->
          List.of(
              new Value("expected bytes", command.getCompareAndSwap().getExpected().size()),
              new Value("value bytes", command.getCompareAndSwap().getValue().size()));
      case DELETE, GET, GET_MANY, SCAN, MEMBERS, LEADER, OPERATION_NOT_SET -> List.of();
    };
  }

  boolean isWrite() {
    return kind == Kind.WRITE;
  }
}
