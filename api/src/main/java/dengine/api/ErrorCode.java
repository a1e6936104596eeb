package dengine.api;

/// The numbers errors have on the wire; those of the original d-engine.
public enum ErrorCode {
  SUCCESS(0),
  CONNECTION_TIMEOUT(1001),
  INVALID_ADDRESS(1002),
  LEADER_CHANGED(1003),
  JOIN_ERROR(1004),
  INVALID_RESPONSE(2001),
  VERSION_MISMATCH(2002),
  DISK_FULL(3001),
  DATA_CORRUPTION(3002),
  STORAGE_IO_ERROR(3003),
  STORAGE_PERMISSION_DENIED(3004),
  KEY_NOT_EXIST(3005),
  NOT_LEADER(4001),
  STALE_OPERATION(4002),
  INVALID_REQUEST(4003),
  RATE_LIMITED(4004),
  CLUSTER_UNAVAILABLE(4005),
  PROPOSE_FAILED(4006),
  TERM_OUTDATED(4007),
  RETRY_REQUIRED(4008),
  WATCH_BUFFER_OVERFLOW(5001),
  GENERAL(8888),
  UNCATEGORIZED(9999);

  private final int number;

  ErrorCode(int number) {
    this.number = number;
  }

  /// The number on the wire.
  public int number() {
    return number;
  }
}
