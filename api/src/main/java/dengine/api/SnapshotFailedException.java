package dengine.api;

/// There is no snapshot, or it could not be made or read: no room on the disk, a state machine that
/// takes none, a damaged file. The node goes on without; its data is as it was.
public final class SnapshotFailedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  public SnapshotFailedException(String message) {
    super(message);
  }

  public SnapshotFailedException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.STORAGE_IO_ERROR;
  }
}
