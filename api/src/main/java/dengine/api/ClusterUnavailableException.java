package dengine.api;

/// No node answered, or none could: no leader, no quorum, not ready, or the deadline of a read
/// passed. A write that ends so was never appended.
public final class ClusterUnavailableException extends RejectedException {

  private static final long serialVersionUID = 1L;

  public ClusterUnavailableException(String message) {
    super(message);
  }

  public ClusterUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.CLUSTER_UNAVAILABLE;
  }
}
