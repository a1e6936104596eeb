package dengine.grpc;

/// Bytes from a peer that are not a packet of this protocol: damaged on the way, or from something
/// else.
final class MalformedPacketException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedPacketException(String message) {
    super(message);
  }

  MalformedPacketException(String message, Throwable cause) {
    super(message, cause);
  }
}
