package dengine.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// Somebody who is told of states, on tasks of his own: one at a time, never an older one after a
/// newer one. He may take as long as he likes: a bounded number of states waits for him, and when
/// there is one more, only the newest does.
final class Watcher<T> {

  private static final System.Logger LOG = System.getLogger(Watcher.class.getName());

  private record Shown<T>(long version, T state) {}

  private final Consumer<T> callback;
  private final Executor carrier;
  private final int maxWaiting;

  /// Ascending by version; never changed, only replaced.
  private final AtomicReference<List<Shown<T>>> waiting = new AtomicReference<>(List.of());

  private final AtomicInteger pending = new AtomicInteger();
  private volatile boolean closed;

  /// Belongs to whoever runs the task.
  private long told = Long.MIN_VALUE;

  /// @param maxWaiting most states that wait; 1 for the newest only
  Watcher(Consumer<T> callback, Executor carrier, int maxWaiting) {
    this.callback = callback;
    this.carrier = carrier;
    this.maxWaiting = maxWaiting;
  }

  /// Shows a state. Any thread.
  ///
  /// @param version higher for a newer state
  void show(long version, T state) {
    Shown<T> shown = new Shown<>(version, state);
    waiting.updateAndGet(before -> with(before, shown));
    if (pending.getAndIncrement() == 0) {
      carrier.execute(this::run);
    }
  }

  private List<Shown<T>> with(List<Shown<T>> before, Shown<T> shown) {
    if (!before.isEmpty() && before.getLast().version >= shown.version) {
      return before; // overtaken by a newer one
    }
    if (before.size() >= maxWaiting) {
      return List.of(shown);
    }
    List<Shown<T>> after = new ArrayList<>(before);
    after.add(shown);
    return List.copyOf(after);
  }

  /// Tells nothing more, except what is being told right now.
  void close() {
    closed = true;
  }

  private void run() {
    int seen = -1;
    do {
      seen = pending.get();
      List<Shown<T>> taken = waiting.getAndUpdate(Watcher::withoutFirst);
      while (!taken.isEmpty()) {
        Shown<T> shown = taken.getFirst();
        if (shown.version > told && !closed) {
          told = shown.version;
          tell(shown.state);
        }
        taken = waiting.getAndUpdate(Watcher::withoutFirst);
      }
    } while (!pending.compareAndSet(seen, 0));
  }

  private static <T> List<Shown<T>> withoutFirst(List<Shown<T>> all) {
    return all.isEmpty() ? all : List.copyOf(all.subList(1, all.size()));
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
