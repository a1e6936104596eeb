package dengine.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Somebody who is told of states, on tasks of his own: one at a time, never an older one after a
/// newer one, and only the newest of those that he was too slow for. He may take as long as he
/// likes.
final class Watcher<T> {

  private static final System.Logger LOG = System.getLogger(Watcher.class.getName());

  private record Shown<T>(long version, T state) {}

  private final Consumer<T> callback;
  private final Executor carrier;
  private final AtomicReference<@Nullable Shown<T>> newest = new AtomicReference<>();
  private final AtomicInteger pending = new AtomicInteger();
  private volatile boolean closed;

  /// Belongs to whoever runs the task.
  private long told = Long.MIN_VALUE;

  Watcher(Consumer<T> callback, Executor carrier) {
    this.callback = callback;
    this.carrier = carrier;
  }

  /// Shows a state. Any thread.
  ///
  /// @param version higher for a newer state
  void show(long version, T state) {
    Shown<T> shown = new Shown<>(version, state);
    newest.accumulateAndGet(
        shown, (old, latest) -> old == null || latest.version() > old.version() ? latest : old);
    if (pending.getAndIncrement() == 0) {
      carrier.execute(this::run);
    }
  }

  /// Tells nothing more, except what is being told right now.
  void close() {
    closed = true;
  }

  private void run() {
    int seen = -1;
    do {
      seen = pending.get();
      Shown<T> shown = newest.get();
      if (shown != null && shown.version > told && !closed) {
        told = shown.version;
        tell(shown.state);
      }
    } while (!pending.compareAndSet(seen, 0));
  }

  /// What a callback throws is its author's mistake and must not reach the engine's threads.
  private void tell(T state) {
    try {
      callback.accept(state);
    } catch (RuntimeException | Error thrown) {
      LOG.log(System.Logger.Level.ERROR, "event=callback-failed", thrown);
    }
  }
}
