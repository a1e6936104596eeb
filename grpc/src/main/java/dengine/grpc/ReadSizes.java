package dengine.grpc;

import dengine.proto.v1.Command;

/// What the next reads of a session will probably hold once they are answered: about the largest of
/// the last few answers. Until a read is answered nobody knows, and thousands of them may be under
/// way. Owned by whoever has the session's turn.
final class ReadSizes {

  private static final int LEAST = 1 << 10;
  private static final int FIRST_GET = 64 << 10;
  private static final int FIRST_SCAN = 256 << 10;

  private long get = FIRST_GET;
  private long scan = FIRST_SCAN;

  /// Bytes the answer to a command is charged with before it is there.
  long expected(Command command) {
    return switch (command.getOperationCase()) {
      case SCAN -> scan;
      case GET, GET_MANY -> keys(command) * get;
      case PUT, DELETE, COMPARE_AND_SWAP, MEMBERS, LEADER, OPERATION_NOT_SET -> 64;
    };
  }

  /// A read was answered.
  void answered(Command command, long bytes) {
    switch (command.getOperationCase()) {
      case SCAN -> scan = next(scan, bytes);
      case GET, GET_MANY -> get = next(get, bytes / keys(command));
      case PUT, DELETE, COMPARE_AND_SWAP, MEMBERS, LEADER, OPERATION_NOT_SET -> {}
    }
  }

  private static int keys(Command command) {
    return command.hasGetMany() ? Math.max(1, command.getGetMany().getKeysCount()) : 1;
  }

  private static long next(long estimate, long bytes) {
    return Math.max(LEAST, Math.max(bytes, estimate - (estimate >> 3)));
  }
}
