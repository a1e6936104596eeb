package dengine.bench;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Writes of an engine's callers. None may fail: that ends the benchmark.
final class ThroughEngine {

  private static final int IN_FLIGHT = 200;

  private final AsyncClient client;
  private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();

  ThroughEngine(AsyncClient client) {
    this.client = client;
  }

  /// As fast as 200 at a time can be written.
  void fill(Bytes[] keys) throws InterruptedException {
    fill(keys.length, number -> client.put(keys[number], Payload.VALUE));
  }

  /// As fast as 200 at a time can be written.
  void fill(int count, IntFunction<CompletableFuture<?>> write) throws InterruptedException {
    Semaphore room = new Semaphore(IN_FLIGHT);
    for (int i = 0; i < count; i++) {
      room.acquire();
      note(write.apply(i), room::release);
    }
    room.acquire(IN_FLIGHT);
    requireNoFailure();
  }

  /// One every millisecond, of one key after the other.
  PacedWrites paced(Bytes[] keys) {
    return new PacedWrites(
        (number, done) -> note(client.put(keys[number % keys.length], Payload.VALUE), done));
  }

  void requireNoFailure() {
    Throwable failure = failed.get();
    if (failure != null) {
      throw new IllegalStateException("a write failed: " + failure, failure);
    }
  }

  private void note(CompletableFuture<?> write, Runnable done) {
    var _ =
        write.whenComplete(
            (_, failure) -> {
              if (failure != null) {
                failed.set(failure);
              }
              done.run();
            });
  }
}
