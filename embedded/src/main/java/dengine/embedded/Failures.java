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
import dengine.api.RejectedException;
import dengine.engine.NodeException;
import dengine.raft.Refusal;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/// Says in the client's terms what the engine reports, and counts it. Any thread.
final class Failures {

  /// Long enough for a queue to drain a good part.
  private static final Duration RETRY_AFTER = Duration.ofMillis(20);

  private final Members members;
  private final LongAdder overloaded = new LongAdder();
  private final LongAdder notLeader = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final LongAdder unknown = new LongAdder();
  private final LongAdder other = new LongAdder();

  Failures(Members members) {
    this.members = members;
  }

  /// What was told so far.
  FailedCalls counted() {
    return new FailedCalls(
        overloaded.sum(), notLeader.sum(), unavailable.sum(), unknown.sum(), other.sum());
  }

  DEngineException of(NodeException failure) {
    DEngineException told = translated(failure);
    counter(told).increment();
    return told;
  }

  private LongAdder counter(DEngineException told) {
    return switch (told) {
      case RateLimitedException _ -> overloaded;
      case NotLeaderException _ -> notLeader;
      case ClusterUnavailableException _ -> unavailable;
      case OutcomeUnknownException _ -> unknown;
      case RejectedException _, ClosedException _, EngineStoppedException _ -> other;
    };
  }

  private DEngineException translated(NodeException failure) {
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
