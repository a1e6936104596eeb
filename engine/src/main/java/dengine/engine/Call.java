package dengine.engine;

import dengine.raft.Ticket;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A request on its way: the caller's end (wait, or be called back), and the engine's end (complete
/// once). One object, no future: this is the cheapest way for a caller that blocks.
///
/// The outcome is set once, by compare-and-set, from any thread. Whether a call is in the log
/// is known to the event loop alone, which therefore also decides what a passed deadline
/// means.
abstract sealed class Call implements Ticket, Mail permits WriteCall, ReadCall {

  /// Stands for the result null.
  private enum Nothing {
    NOTHING
  }

  private static final System.Logger LOG = System.getLogger(Call.class.getName());
  private static final VarHandle OUTCOME;
  private static final VarHandle WAITER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OUTCOME = lookup.findVarHandle(Call.class, "outcome", Object.class);
      WAITER = lookup.findVarHandle(Call.class, "waiter", Thread.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final long deadline;
  private final @Nullable Completion completion;
  private volatile @Nullable Object outcome;
  private volatile @Nullable Thread waiter;

  Call(long deadline, @Nullable Completion completion) {
    this.deadline = deadline;
    this.completion = completion;
  }

  /// When it fails, by the node's clock.
  long deadline() {
    return deadline;
  }

  boolean isDone() {
    return outcome != null;
  }

  /// What it means for the caller that the call did not end in time.
  abstract NodeException expired();

  /// What it means for the caller that he was interrupted while he waited.
  abstract NodeException interrupted();

  void succeed(@Nullable Object result) {
    end(result == null ? Nothing.NOTHING : result);
  }

  void fail(NodeException failure) {
    end(failure);
  }

  /// Blocks until the call has ended. The engine ends each call at its deadline.
  ///
  /// @throws NodeException if there is no result; when the thread is interrupted, a write's outcome
  ///     is unknown
  @Nullable Object await() {
    WAITER.setVolatile(this, Thread.currentThread());
    while (outcome == null) {
      if (Thread.interrupted()) {
        fail(interrupted());
        Thread.currentThread().interrupt();
        break;
      }
      LockSupport.park(this);
    }
    Object ended = outcome;
    if (ended instanceof NodeException failure) {
      throw failure;
    }
    return ended instanceof Nothing ? null : ended;
  }

  private void end(Object how) {
    if (!OUTCOME.compareAndSet(this, null, how)) {
      return;
    }
    if (completion != null) {
      callBack(completion, how);
      return;
    }
    Thread blocked = waiter;
    if (blocked != null) {
      LockSupport.unpark(blocked);
    }
  }

  /// What a callback throws is its author's mistake and must not reach the engine's threads.
  private static void callBack(Completion completion, Object how) {
    try {
      if (how instanceof NodeException failure) {
        completion.ended(null, failure);
      } else {
        completion.ended(how instanceof Nothing ? null : how, null);
      }
    } catch (RuntimeException | Error thrown) {
      LOG.log(System.Logger.Level.ERROR, "event=callback-failed", thrown);
    }
  }
}
