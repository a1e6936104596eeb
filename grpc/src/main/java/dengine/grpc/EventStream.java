package dengine.grpc;

import dengine.api.Watch;
import dengine.api.WatchEvent;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Tells one caller what a watch tells, as fast as he reads: what he does not read yet waits in the
/// watch's own buffer, which ends it when it is full.
///
/// The engine tells events on one thread at a time, the network says on others that there is room,
/// or that the call is over: the lock is held only to hand over one message.
final class EventStream<R> implements Flow.Subscriber<WatchEvent> {

  private final ServerCallStreamObserver<R> caller;
  private final Function<WatchEvent, R> body;
  private final BooleanSupplier connected;
  private final Consumer<EventStream<?>> ended;

  /// Whether an event may be asked for: the last one that was is handed over.
  private final AtomicBoolean idle = new AtomicBoolean();

  private volatile Flow.@Nullable Subscription subscription;
  private @Nullable Watch watch;
  private boolean over;

  /// Made while the call is being handled, when handlers may still be set.
  ///
  /// @param connected whether the node hears of what is committed; looked at with progress
  /// @param ended told at least once that nothing follows
  EventStream(
      ServerCallStreamObserver<R> caller,
      Function<WatchEvent, R> body,
      BooleanSupplier connected,
      Consumer<EventStream<?>> ended) {
    this.caller = caller;
    this.body = body;
    this.connected = connected;
    this.ended = ended;
    caller.setOnCancelHandler(this::stop);
    caller.setOnReadyHandler(this::askForMore);
  }

  /// The watch has begun.
  ///
  /// @param first sent before all events; null for none
  void begin(Watch begun, @Nullable R first) {
    boolean tooLate;
    synchronized (this) {
      watch = begun;
      tooLate = over;
      if (!over && first != null) {
        caller.onNext(first);
      }
    }
    if (tooLate) {
      begun.close();
    } else {
      begun.publisher().subscribe(this);
    }
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    idle.set(true);
    askForMore();
  }

  private void askForMore() {
    Flow.Subscription given = subscription;
    if (given != null && caller.isReady() && idle.compareAndSet(true, false)) {
      given.request(1);
    }
  }

  @Override
  public void onNext(WatchEvent event) {
    if (event instanceof WatchEvent.Canceled last && last.reason() == WatchEvent.Reason.STOPPED) {
      end(stopping());
      return;
    }
    if (event instanceof WatchEvent.Progress && !connected.getAsBoolean()) {
      end(
          Status.UNAVAILABLE.withDescription(
              "the watch ended: this node knows no leader, and may be cut off"));
      return;
    }
    synchronized (this) {
      if (over) {
        return;
      }
      caller.onNext(body.apply(event));
    }
    // In this order: when the call is not ready, the network asks once it is.
    idle.set(true);
    askForMore();
  }

  @Override
  public void onError(Throwable misuse) {
    endWith(Problem.of(misuse).asDetailedStatus());
  }

  @Override
  public void onComplete() {
    synchronized (this) {
      if (!over) {
        over = true;
        caller.onCompleted();
      }
    }
    ended.accept(this);
  }

  /// Sends one message and nothing after it: the watch could not begin.
  void endWithMessage(R last) {
    synchronized (this) {
      if (!over) {
        caller.onNext(last);
      }
    }
    onComplete();
  }

  /// Ends the call from this side.
  void end(Status status) {
    endWith(status.asRuntimeException());
  }

  void endWith(Throwable status) {
    synchronized (this) {
      if (!over) {
        over = true;
        caller.onError(status);
      }
    }
    stop();
  }

  static Status stopping() {
    return Status.UNAVAILABLE.withDescription(
        "the watch ended: the node is stopping; watch again on another one");
  }

  private void stop() {
    Watch begun;
    synchronized (this) {
      over = true;
      begun = watch;
    }
    if (begun != null) {
      begun.close();
    }
    ended.accept(this);
  }
}
