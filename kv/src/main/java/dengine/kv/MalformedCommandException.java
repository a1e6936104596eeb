package dengine.kv;

import dengine.api.InvalidRequestException;

/// Bytes that are no [Command] of this store: another format version, an unknown operation, lengths
/// that do not add up. The message says what, and at which byte.
public final class MalformedCommandException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MalformedCommandException(String message) {
    super(message);
  }

  /// The result of an entry that holds such bytes. Every node finds the same fault in the same
  /// bytes: nobody's state changes, and nobody stops.
  public InvalidRequestException result(long revision) {
    return new InvalidRequestException(
        "malformed command at revision " + revision + ": " + getMessage());
  }
}
