package dengine.grpc;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Peers that messages were for though nobody has said where they are.
///
/// That is ordinary for a moment: a node that joins answers the leader before it holds the
/// configuration with the leader's address, and one that was removed is answered no more. Only what
/// lasts is worth a line. Any thread.
final class Unaddressed {

  /// An address that has not come by then is missing.
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /// Most peers that are remembered: strangers may make up numbers.
  private static final int MOST = 1000;

  /// When messages to a peer were lost, without a longer pause in between.
  private record Loss(long first, long last) {}

  private final RareLog log;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<Integer, Loss> losses = new ConcurrentHashMap<>();

  Unaddressed(RareLog log, LongSupplier nanoTime) {
    this.log = log;
    this.nanoTime = nanoTime;
  }

  /// A message to this peer was dropped.
  void dropped(int peer) {
    long now = nanoTime.getAsLong();
    if (losses.size() >= MOST && !losses.containsKey(peer)) {
      losses.values().removeIf(loss -> now - loss.last() >= PATIENCE_NANOS);
      if (losses.size() >= MOST) {
        return;
      }
    }
    Loss loss = losses.merge(peer, new Loss(now, now), (before, _) -> goesOn(before, now));
    if (now - loss.first() >= PATIENCE_NANOS) {
      log.warn(
          "no address " + peer,
          "messages are dropped peer="
              + peer
              + " reason=\"no address is known for it; it may have been removed from the cluster,"
              + " or this node has not been told of it\"");
    }
  }

  private static Loss goesOn(@Nullable Loss before, long now) {
    return before == null || now - before.last() >= PATIENCE_NANOS
        ? new Loss(now, now)
        : new Loss(before.first(), now);
  }

  /// Its address is known now, or nobody cares any more.
  void over(int peer) {
    losses.remove(peer);
  }
}
