package dengine.client;

import dengine.proto.v1.WatchKeysRequest;
import dengine.proto.v1.WatchKeysResponse;
import dengine.proto.v1.WatchesGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A watch's call on one server.
///
/// Owned by the client's event loop.
final class WatchCall implements StreamObserver<WatchKeysResponse> {

  /// Longest time a server may take to begin the watch.
  private static final long BEGINNING_NANOS = TimeUnit.SECONDS.toNanos(2);

  final String address;
  private final Watchers owner;
  private final ClientLoop loop;
  private final RemoteWatch watch;
  private @Nullable Line line;
  private @Nullable ClientCall<WatchKeysRequest, WatchKeysResponse> call;
  private @Nullable Future<?> patience;
  private boolean closed;

  WatchCall(Watchers owner, ClientLoop loop, String address, RemoteWatch watch) {
    this.owner = owner;
    this.loop = loop;
    this.address = address;
    this.watch = watch;
  }

  void start(WatchKeysRequest request) {
    patience =
        loop.schedule(
            () -> broke("it did not begin the watch within " + BEGINNING_NANOS / 1_000_000 + " ms"),
            BEGINNING_NANOS);
    Line taken =
        owner.call(address, new Line.Waiting(channel -> begin(channel, request), this::broke));
    if (closed) {
      owner.hangUp(taken); // it broke before it was there
    } else {
      line = taken;
    }
  }

  private void begin(ManagedChannel channel, WatchKeysRequest request) {
    if (!closed) {
      ClientCall<WatchKeysRequest, WatchKeysResponse> begun =
          channel.newCall(WatchesGrpc.getWatchMethod(), CallOptions.DEFAULT);
      call = begun;
      ClientCalls.asyncServerStreamingCall(begun, request, this);
    }
  }

  private void broke(String why) {
    if (!closed) {
      watch.broke(this, Status.UNAVAILABLE.withDescription(why).asRuntimeException());
    }
  }

  void close() {
    if (closed) {
      return;
    }
    closed = true;
    Future<?> waiting = patience;
    if (waiting != null) {
      waiting.cancel(false);
    }
    ClientCall<?, ?> present = call;
    if (present != null) {
      present.cancel("the watch needs it no more", null);
    }
    Line taken = line;
    if (taken != null) {
      owner.hangUp(taken);
    }
  }

  @Override
  public void onNext(WatchKeysResponse message) {
    onLoop(
        () -> {
          Future<?> waiting = patience;
          if (waiting != null) {
            waiting.cancel(false);
            patience = null;
          }
          watch.said(this, message);
        });
  }

  @Override
  public void onError(Throwable ended) {
    Status status = Status.fromThrowable(ended);
    StatusRuntimeException known =
        ended instanceof StatusRuntimeException e ? e : status.asRuntimeException();
    onLoop(() -> watch.broke(this, known));
  }

  @Override
  public void onCompleted() {
    onLoop(() -> broke("the server ended the watch"));
  }

  private void onLoop(Runnable step) {
    if (loop.runsHere()) {
      step.run();
      return;
    }
    try {
      loop.execute(step);
    } catch (RejectedExecutionException closing) {
      // The client is closed: the watch has ended already.
    }
  }
}
