package dengine.engine;

import dengine.raft.Position;
import dengine.raft.Ticket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A change of the members on its way. `position` is the event loop's.
final class MembershipCall implements Ticket {

  private final CompletableFuture<Long> done = new CompletableFuture<>();

  /// Set by whoever comes first: the event loop, which asks the core, or the caller, who gives up.
  private final AtomicBoolean taken = new AtomicBoolean();

  private @Nullable Position position;

  /// Completes with the index of the configuration that ends the change, or with a
  /// [NodeException].
  CompletableFuture<Long> done() {
    return done;
  }

  /// Whether the core is to be asked.
  boolean begin() {
    return taken.compareAndSet(false, true);
  }

  /// The caller waits no longer. Returns whether it is certain that the core is never asked.
  boolean giveUp() {
    return taken.compareAndSet(false, true);
  }

  void accepted(Position at) {
    position = at;
  }

  /// What is committed now. Ends the call if that is where the change leads to; returns whether it
  /// did.
  boolean hasEndedWith(Configuration committed) {
    Position from = position;
    if (from == null || committed.index() < from.index() || committed.membership().isJoint()) {
      return false;
    }
    done.complete(committed.index());
    return true;
  }

  void fail(NodeException why) {
    done.completeExceptionally(why);
  }

  /// It ends without an answer of the core, or of the cluster.
  void lose(NodeException why, String what) {
    fail(position == null ? why : new NodeException.OutcomeUnknown(what + " at " + position));
  }
}
