package dengine.embedded;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.EngineStoppedException;
import dengine.api.InvalidRequestException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.engine.NodeException;
import dengine.raft.Refusal;
import java.time.Duration;
import java.util.Objects;

/// Says in the client's terms what the engine reports.
final class Failures {

  /// Long enough for a queue to drain a good part.
  private static final Duration RETRY_AFTER = Duration.ofMillis(20);

  private final Members members;

  Failures(Members members) {
    this.members = members;
  }

  DEngineException of(NodeException failure) {
    return switch (failure) {
      case NodeException.Refused refused -> of(refused.refusal());
      case NodeException.OutcomeUnknown unknown ->
          new OutcomeUnknownException(messageOf(unknown), unknown);
      case NodeException.DeadlinePassed late ->
          new ClusterUnavailableException(messageOf(late), late);
      case NodeException.Stopped stopped -> {
        Throwable cause = stopped.getCause();
        yield cause == null
            ? new ClosedException("the engine")
            : new EngineStoppedException(messageOf(stopped), cause);
      }
    };
  }

  private DEngineException of(Refusal refusal) {
    return switch (refusal) {
      case Refusal.NotLeader(int leader) ->
          new NotLeaderException(leader, leader == 0 ? "" : members.address(leader));
      case Refusal.Overloaded(String limit) ->
          new RateLimitedException("the engine is at its limit " + limit, RETRY_AFTER);
      case Refusal.Transferring(int to) ->
          new ClusterUnavailableException("leadership is being handed over to node " + to);
      case Refusal.ChangeInProgress(String what) ->
          new MembershipChangeRefusedException(Reason.CHANGE_IN_PROGRESS, what);
      case Refusal.WouldLoseQuorum(String why) ->
          new MembershipChangeRefusedException(Reason.WOULD_LOSE_QUORUM, why);
      case Refusal.TooLarge(int bytes, int most) ->
          new InvalidRequestException("command bytes", bytes, "0 to " + most);
      case Refusal.Invalid(String why) -> new InvalidRequestException(why);
      case Refusal.Stopped() -> new ClosedException("the engine");
    };
  }

  private static String messageOf(NodeException failure) {
    return Objects.requireNonNullElse(failure.getMessage(), "no reason given");
  }
}
