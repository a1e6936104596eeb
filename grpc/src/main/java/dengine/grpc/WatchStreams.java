package dengine.grpc;

import dengine.api.Admin;
import dengine.api.RateLimitedException;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// All callers that are told of one thing: a bounded number. Any thread.
final class WatchStreams<S> implements AutoCloseable {

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final int most;
  private final String what;
  private final Function<Consumer<S>, Admin.Watching> source;
  private final Predicate<S> last;
  private final Supplier<Optional<S>> farewell;
  private final Semaphore free;
  private final Set<WatchStream<S, ?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /// @param most callers at a time
  /// @param what they are told of, for messages
  /// @param source begins to tell; may wait
  /// @param last whether nothing follows what is told; its call ends
  /// @param farewell what is told last when the services are closed before that, if anything
  WatchStreams(
      int most,
      String what,
      Function<Consumer<S>, Admin.Watching> source,
      Predicate<S> last,
      Supplier<Optional<S>> farewell) {
    this.most = most;
    this.what = what;
    this.source = source;
    this.last = last;
    this.farewell = farewell;
    this.free = new Semaphore(most);
  }

  /// Tells what is and every change of it, until either side ends it.
  <R> void open(StreamObserver<R> caller, Function<S, R> body) {
    if (!(caller instanceof ServerCallStreamObserver<R> call)) {
      throw new IllegalArgumentException("not a server's call: " + caller);
    }
    if (!free.tryAcquire()) {
      caller.onError(
          Problem.of(
                  new RateLimitedException(
                      "too many: " + most + " callers that watch " + what, RETRY_AFTER))
              .asDetailedStatus());
      return;
    }
    WatchStream<S, R> stream = new WatchStream<>(call, body, last, stopping(), this::ended);
    open.add(stream);
    if (closed) {
      stream.end(farewell.get(), stopping());
    }
    Thread.startVirtualThread(() -> stream.begin(source));
  }

  private void ended(WatchStream<S, ?> stream) {
    if (open.remove(stream)) {
      free.release();
    }
  }

  private static Status stopping() {
    return Status.UNAVAILABLE.withDescription("the node is stopping");
  }

  /// Ends them all.
  @Override
  public void close() {
    closed = true;
    open.forEach(stream -> stream.end(farewell.get(), stopping()));
  }
}
