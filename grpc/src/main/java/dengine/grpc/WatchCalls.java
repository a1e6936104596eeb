package dengine.grpc;

import dengine.api.CompactedException;
import dengine.api.RateLimitedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The watches of callers, in every form the wire has for them. How many there may be is the
/// engine's to say; on one connection half as many as it may have calls, so that it always has room
/// for others: gRPC lets calls beyond that bound wait and tells nobody. Any thread; nothing waits.
final class WatchCalls implements AutoCloseable {

  /// How the messages of a service look.
  interface Form<R> {

    /// What is sent when the watch has begun; null for nothing.
    @Nullable R begun(long revision);

    R event(WatchEvent event);

    /// Whether the watch may go on here; who has a choice should go to another node otherwise.
    default boolean isConnected() {
      return true;
    }
  }

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final int mostPerConnection;
  private final Set<EventStream<?>> open = ConcurrentHashMap.newKeySet();

  /// How many there are on each connection that has any.
  private final Map<SocketAddress, Integer> connections = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /// @param maxCallsPerConnection as the transport was configured
  WatchCalls(int maxCallsPerConnection) {
    this.mostPerConnection = Math.max(1, maxCallsPerConnection / 2);
  }

  /// Begins a watch and tells its events until either side ends it.
  <R> void watch(
      StreamObserver<R> caller, Supplier<CompletableFuture<Watch>> beginning, Form<R> form) {
    if (!(caller instanceof ServerCallStreamObserver<R> call)) {
      throw new IllegalArgumentException("not a server's call: " + caller);
    }
    SocketAddress origin = Origin.ofThisCall();
    EventStream<R> stream =
        new EventStream<>(call, form::event, form::isConnected, ended -> remove(ended, origin));
    if (!add(stream, origin)) {
      stream.endWith(Problem.of(tooMany()).asDetailedStatus());
      return;
    }
    if (closed) {
      stream.end(EventStream.stopping());
      return;
    }
    Runnable sendHeaders = EarlyHeaders.ofThisCall();
    CompletableFuture<Watch> begun;
    try {
      begun = beginning.get();
    } catch (RuntimeException refused) {
      refuse(stream, refused, form);
      return;
    }
    var _ =
        begun.whenComplete(
            (watch, failure) -> {
              if (failure == null) {
                sendHeaders.run();
                stream.begin(watch, form.begun(watch.revision()));
              } else {
                refuse(stream, failure, form);
              }
            });
  }

  private boolean add(EventStream<?> stream, @Nullable SocketAddress origin) {
    if (origin == null || connections.merge(origin, 1, Integer::sum) <= mostPerConnection) {
      open.add(stream);
      return true;
    }
    leave(origin);
    return false;
  }

  /// Told at least once for each stream, also for those that were not added.
  private void remove(EventStream<?> stream, @Nullable SocketAddress origin) {
    if (open.remove(stream) && origin != null) {
      leave(origin);
    }
  }

  private void leave(SocketAddress origin) {
    connections.computeIfPresent(origin, (_, count) -> count == 1 ? null : count - 1);
  }

  private RateLimitedException tooMany() {
    return new RateLimitedException(
        "this connection has as many watches as it may: "
            + mostPerConnection
            + ", half of its calls; watch over another connection",
        RETRY_AFTER);
  }

  private static <R> void refuse(EventStream<R> stream, Throwable failure, Form<R> form) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof CompactedException gone) {
      stream.endWithMessage(
          form.event(
              new WatchEvent.Canceled(
                  0,
                  WatchEvent.Reason.COMPACTED,
                  gone.oldestRevision(),
                  String.valueOf(gone.getMessage()))));
    } else {
      stream.endWith(Problem.of(cause).asDetailedStatus());
    }
  }

  /// How many there are.
  int count() {
    return open.size();
  }

  /// Ends all watches.
  @Override
  public void close() {
    closed = true;
    open.forEach(stream -> stream.end(EventStream.stopping()));
  }
}
