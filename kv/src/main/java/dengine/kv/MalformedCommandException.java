package dengine.kv;

/// Bytes that are no [Command] of this store: another format version, an unknown operation, lengths
/// that do not add up. The message says what, and at which byte.
public final class MalformedCommandException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  MalformedCommandException(String message) {
    super(message);
  }
}
