package dengine.api;

/// The members cannot be changed so, at least not now. Nothing was changed.
public final class MembershipChangeRefusedException extends RejectedException {

  private static final long serialVersionUID = 1L;
  private final Reason reason;

  /// Why a change is refused.
  public enum Reason {
    /// Another change is under way, or the leader has only just been elected and does not know yet
    /// whether one is, or who answers. `GrpcClient` asks again by itself until its deadline; an
    /// engine in this process says so at once.
    CHANGE_IN_PROGRESS,
    /// The cluster could commit nothing afterwards, or would be close to it.
    WOULD_LOSE_QUORUM
  }

  public MembershipChangeRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /// Why.
  public Reason reason() {
    return reason;
  }

  @Override
  public ErrorCode code() {
    return switch (reason) {
      case CHANGE_IN_PROGRESS -> ErrorCode.RETRY_REQUIRED;
      case WOULD_LOSE_QUORUM -> ErrorCode.PROPOSE_FAILED;
    };
  }
}
