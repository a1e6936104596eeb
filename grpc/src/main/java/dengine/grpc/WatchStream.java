package dengine.grpc;

import dengine.api.Admin;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Tells one caller what is, and every change of it. What it does not read yet waits here; when too
/// much does, only the newest is kept.
///
/// The engine tells news on one thread, the network says on another when there is room for them:
/// the lock is held only to hand over what waits.
final class WatchStream<S, R> {

  /// Most changes that wait for a caller.
  static final int MAX_WAITING = 64;

  private final ServerCallStreamObserver<R> caller;
  private final Function<S, R> body;
  private final Predicate<S> last;
  private final Status afterLast;
  private final Consumer<WatchStream<S, ?>> ended;
  private final Deque<S> waiting = new ArrayDeque<>();
  private Admin.@Nullable Watching watching;
  private boolean isOver;

  /// Made while the call is being handled, when handlers may still be set.
  ///
  /// @param last whether nothing follows what is told
  /// @param afterLast what the call ends with after it
  /// @param ended told at least once that nothing follows
  WatchStream(
      ServerCallStreamObserver<R> caller,
      Function<S, R> body,
      Predicate<S> last,
      Status afterLast,
      Consumer<WatchStream<S, ?>> ended) {
    this.caller = caller;
    this.body = body;
    this.last = last;
    this.afterLast = afterLast;
    this.ended = ended;
    caller.setOnCancelHandler(this::stop);
    caller.setOnReadyHandler(this::drain);
  }

  /// Begins to tell; waits for the engine.
  void begin(Function<Consumer<S>, Admin.Watching> source) {
    Admin.Watching begun;
    try {
      begun = source.apply(this::tell);
    } catch (RuntimeException failure) {
      endWith(Problem.of(failure).asDetailedStatus());
      return;
    }
    boolean tooLate;
    synchronized (this) {
      watching = begun;
      tooLate = isOver;
    }
    if (tooLate) {
      begun.close();
    }
  }

  private void tell(S now) {
    if (last.test(now)) {
      end(Optional.of(now), afterLast);
    } else {
      add(now);
    }
  }

  private synchronized void add(S now) {
    if (waiting.size() == MAX_WAITING) {
      waiting.clear();
    }
    waiting.add(now);
    drain();
  }

  private synchronized void drain() {
    while (!isOver && !waiting.isEmpty() && caller.isReady()) {
      caller.onNext(body.apply(waiting.remove()));
    }
  }

  /// Ends the call from this side.
  ///
  /// @param last told before, even to a caller that is behind
  void end(Optional<S> last, Status status) {
    synchronized (this) {
      if (!isOver) {
        last.map(body).ifPresent(caller::onNext);
      }
    }
    endWith(status.asRuntimeException());
  }

  private void endWith(Throwable status) {
    synchronized (this) {
      if (!isOver) {
        isOver = true;
        caller.onError(status);
      }
    }
    stop();
  }

  private void stop() {
    Admin.Watching begun;
    synchronized (this) {
      isOver = true;
      waiting.clear();
      begun = watching;
    }
    if (begun != null) {
      begun.close();
    }
    ended.accept(this);
  }
}
