package dengine.api;

import java.util.Optional;

/// The node that was asked does not lead. `GrpcClient` follows the hint itself; an embedded
/// engine's caller sends the request to the leader.
public final class NotLeaderException extends RejectedException {

  private static final long serialVersionUID = 1L;
  private final int leaderId;
  private final String leaderAddress;

  /// @param leaderId the leader's number, or 0 if none is known
  /// @param leaderAddress where clients reach it, or empty
  public NotLeaderException(int leaderId, String leaderAddress) {
    super(
        leaderId == 0
            ? "this node does not lead, and knows no leader at present"
            : "this node does not lead; the leader is node " + leaderId + " at " + leaderAddress);
    this.leaderId = leaderId;
    this.leaderAddress = leaderAddress;
  }

  /// The leader's number, if known.
  public Optional<Integer> leaderId() {
    return leaderId == 0 ? Optional.empty() : Optional.of(leaderId);
  }

  /// Where clients reach the leader, if known.
  public Optional<String> leaderAddress() {
    return leaderAddress.isEmpty() ? Optional.empty() : Optional.of(leaderAddress);
  }

  @Override
  public ErrorCode code() {
    return ErrorCode.NOT_LEADER;
  }
}
