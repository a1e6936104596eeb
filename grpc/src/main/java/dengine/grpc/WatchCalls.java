package dengine.grpc;

import dengine.api.CompactedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The watches of callers, in every form the wire has for them. How many there may be is the
/// engine's to say. Any thread; nothing waits.
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

  private final Set<EventStream<?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /// Begins a watch and tells its events until either side ends it.
  <R> void watch(
      StreamObserver<R> caller, Supplier<CompletableFuture<Watch>> beginning, Form<R> form) {
    if (!(caller instanceof ServerCallStreamObserver<R> call)) {
      throw new IllegalArgumentException("not a server's call: " + caller);
    }
    EventStream<R> stream = new EventStream<>(call, form::event, form::isConnected, open::remove);
    open.add(stream);
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
