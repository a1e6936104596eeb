package dengine.grpc;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Tells one caller about the members. What it does not read yet waits here, and the oldest is left
/// out when too much does.
///
/// The engine tells news on one thread, the network says on another when there is room for them:
/// the lock is held only to hand over what waits.
final class WatchStream<R> {

  /// Most changes that wait for a caller.
  static final int MAX_WAITING = 64;

  private final ServerCallStreamObserver<R> caller;
  private final Function<ClusterMembership, R> body;
  private final Consumer<WatchStream<?>> ended;
  private final Deque<ClusterMembership> waiting = new ArrayDeque<>();
  private Admin.@Nullable Watching watching;
  private boolean over;

  /// Made while the call is being handled, when handlers may still be set.
  ///
  /// @param ended told at least once that nothing follows
  WatchStream(
      ServerCallStreamObserver<R> caller,
      Function<ClusterMembership, R> body,
      Consumer<WatchStream<?>> ended) {
    this.caller = caller;
    this.body = body;
    this.ended = ended;
    caller.setOnCancelHandler(this::stop);
    caller.setOnReadyHandler(this::drain);
  }

  /// Begins to tell; waits for the engine.
  void begin(Admin admin) {
    Admin.Watching begun;
    try {
      begun = admin.watchMembership(this::tell);
    } catch (RuntimeException failure) {
      endWith(Problem.of(failure).asDetailedStatus());
      return;
    }
    boolean tooLate;
    synchronized (this) {
      watching = begun;
      tooLate = over;
    }
    if (tooLate) {
      begun.close();
    }
  }

  private synchronized void tell(ClusterMembership now) {
    if (waiting.size() == MAX_WAITING) {
      waiting.remove();
    }
    waiting.add(now);
    drain();
  }

  private synchronized void drain() {
    while (!over && !waiting.isEmpty() && caller.isReady()) {
      caller.onNext(body.apply(waiting.remove()));
    }
  }

  /// Ends the call from this side.
  void end(Status status) {
    endWith(status.asRuntimeException());
  }

  private void endWith(Throwable status) {
    synchronized (this) {
      if (!over) {
        over = true;
        caller.onError(status);
      }
    }
    stop();
  }

  private void stop() {
    Admin.Watching begun;
    synchronized (this) {
      over = true;
      waiting.clear();
      begun = watching;
    }
    if (begun != null) {
      begun.close();
    }
    ended.accept(this);
  }
}
