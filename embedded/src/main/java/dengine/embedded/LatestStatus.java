package dengine.embedded;

import dengine.engine.NodeStatus;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A node's state for all meters of a reading, and no load from many readers. It holds on to
/// nothing that it asks. Any thread.
final class LatestStatus {

  private static final long STALE_NANOS = Duration.ofMillis(500).toNanos();

  private final LongSupplier nanoTime;
  private final List<Consumer<NodeStatus>> listeners = new CopyOnWriteArrayList<>();

  private @Nullable NodeStatus latest;
  private @Nullable RuntimeException failure;
  private long latestNanos;

  LatestStatus() {
    this(System::nanoTime);
  }

  LatestStatus(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /// Tells of each state that is asked for.
  void tell(Consumer<NodeStatus> listener) {
    listeners.add(listener);
  }

  /// The state, of half a second ago at most.
  ///
  /// @param node is asked for it if need be
  NodeStatus of(Supplier<NodeStatus> node) {
    NodeStatus fresh;
    // Held while the node answers: whoever comes meanwhile is answered by the same.
    synchronized (this) {
      boolean isKnown = latest != null || failure != null;
      if (isKnown && nanoTime.getAsLong() - latestNanos <= STALE_NANOS) {
        return known();
      }
      fresh = ask(node);
    }
    // Without the lock: registries have their own, and may look at meters while they hold them.
    listeners.forEach(listener -> listener.accept(fresh));
    return fresh;
  }

  private NodeStatus known() {
    if (failure != null) {
      throw failure;
    }
    return Objects.requireNonNull(latest);
  }

  private NodeStatus ask(Supplier<NodeStatus> node) {
    latest = null;
    failure = null;
    try {
      NodeStatus answer = node.get();
      latest = answer;
      return answer;
    } catch (RuntimeException e) {
      // A node that does not answer lets one meter of a reading wait, not each of them.
      failure = e;
      throw e;
    } finally {
      latestNanos = nanoTime.getAsLong();
    }
  }
}
