package dengine.testkit.linearizability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// Records operations while they happen; for any number of threads.
///
/// The times are taken outside of all queues: the start before the call is noted, the end before
/// the answer is. So recorded intervals contain the true ones as closely as the caller's own delays
/// allow, and never claim an order that was not there.
public final class History {

  private final Queue<Pending> begun = new ConcurrentLinkedQueue<>();

  /// Notes that a client asks now. The caller passes the answer to what this returns.
  public Pending invoke(int client, Call call) {
    Pending pending = new Pending(client, call);
    begun.add(pending);
    // Taken after the entry exists: making room for it must not count as part of the call.
    pending.invoked = System.nanoTime();
    return pending;
  }

  /// Everything so far in the order of invocation. A call without an answer counts as unknown.
  public List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    for (Pending pending : begun) {
      operations.add(pending.operation());
    }
    operations.sort(Comparator.comparingLong(Operation::invoked));
    return operations;
  }

  /// A call that waits for its answer. Used by one thread at a time.
  public static final class Pending {

    private final int client;
    private final Call call;
    private long invoked = System.nanoTime();
    private volatile @Nullable Operation ended;

    private Pending(int client, Call call) {
      this.client = client;
      this.call = call;
    }

    /// Notes that the answer came now.
    public void answer(Answer answer) {
      long now = System.nanoTime();
      if (ended != null) {
        throw new IllegalStateException("answered twice: " + call);
      }
      ended = new Operation(client, invoked, now, call, answer);
    }

    private Operation operation() {
      Operation operation = ended;
      return operation != null
          ? operation
          : new Operation(client, invoked, Operation.NEVER, call, new Answer.Unknown());
    }
  }
}
