package dengine.client;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.RejectedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One call on its way: from the caller to a node, perhaps to another, and back.
///
/// Made by the caller's thread, then owned by the client's event loop.
final class Call<T> {

  final Operation<T> operation;
  final CompletableFuture<T> result = new CompletableFuture<>();

  /// When the call must have ended, in terms of [ClientLoop#nanoTime].
  final long deadline;

  /// Bytes the call counts for.
  final int size;

  private final Duration timeout;

  /// Number of the command in the session that carries it.
  long id;

  /// Attempts that were refused.
  int refusals;

  /// Not to be sent again before this, in terms of [ClientLoop#nanoTime].
  long notBefore;

  /// Whether it was handed to a session that has not answered.
  boolean sent;

  private @Nullable RejectedException lastRefusal;

  Call(Operation<T> operation, Duration timeout, long now) {
    this.operation = operation;
    this.timeout = timeout;
    this.size = operation.size();
    this.deadline = now + timeout.toNanos();
    this.notBefore = now;
  }

  void refused(RejectedException why) {
    refusals++;
    lastRefusal = why;
    sent = false;
  }

  /// What the caller may conclude when the deadline passes now.
  ///
  /// @param troubles why servers cannot be reached, empty if they can
  DEngineException expired(String troubles) {
    String within = " within " + timeout.toMillis() + " ms";
    if (sent) {
      return operation.isWrite()
          ? new OutcomeUnknownException("the write was sent and not answered" + within)
          : new ClusterUnavailableException("the read was not answered" + within);
    }
    RejectedException refusal = lastRefusal;
    if (refusal instanceof RateLimitedException) {
      return refusal;
    }
    return refusal == null
        ? new ClusterUnavailableException(
            "no node could be reached" + within + (troubles.isEmpty() ? "" : " (" + troubles + ")"))
        : new ClusterUnavailableException(
            "no node took the call" + within + "; the last said: " + refusal.getMessage(), refusal);
  }

  /// What the caller may conclude when the connection breaks after sending a write.
  static DEngineException broken(String why) {
    return new OutcomeUnknownException("the connection broke after the write was sent: " + why);
  }

  static DEngineException closed() {
    return new ClosedException("the client");
  }
}
