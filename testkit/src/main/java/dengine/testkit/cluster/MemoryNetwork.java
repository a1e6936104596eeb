package dengine.testkit.cluster;

import dengine.engine.spi.Transport;
import dengine.raft.Message;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Carries messages between the nodes of one JVM, with delays, losses and cuts in either direction.
/// Messages to one node keep their order, as [Transport] promises.
///
/// For any number of threads.
public final class MemoryNetwork {

  /// Messages that wait on one link; more are dropped, and the peer is reported unreachable.
  static final int MAX_QUEUED = 10_000;

  /// What a link does to messages.
  ///
  /// @param blocked nothing passes; what is sent is lost
  /// @param loss part of the messages that is lost, 0 to 1
  /// @param minDelay shortest time on the way
  /// @param maxDelay longest time on the way
  public record Condition(boolean blocked, double loss, Duration minDelay, Duration maxDelay) {

    /// Everything passes at once.
    public static final Condition GOOD = new Condition(false, 0, Duration.ZERO, Duration.ZERO);

    /// Nothing passes.
    public static final Condition BLOCKED = new Condition(true, 0, Duration.ZERO, Duration.ZERO);

    public Condition {
      if (loss < 0 || loss > 1) {
        throw new IllegalArgumentException("loss = " + loss + ", permitted: 0 to 1");
      }
      if (minDelay.isNegative() || maxDelay.compareTo(minDelay) < 0) {
        throw new IllegalArgumentException("delay from " + minDelay + " to " + maxDelay);
      }
    }
  }

  private record Direction(int from, int to) {}

  private final Map<Direction, Condition> conditions = new ConcurrentHashMap<>();
  private final Map<Integer, MemoryTransport> attached = new ConcurrentHashMap<>();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();

  /// A transport for a node that starts now. The previous one of that node, if any, must be closed.
  public Transport attach(int node) {
    return new MemoryTransport(this, node);
  }

  /// Treats messages from one node to another like this from now on.
  public void oneWay(int from, int to, Condition condition) {
    conditions.put(new Direction(from, to), condition);
  }

  /// Treats messages between nodes of the two groups like this, in both directions.
  public void between(Set<Integer> some, Set<Integer> others, Condition condition) {
    for (int one : some) {
      for (int other : others) {
        oneWay(one, other, condition);
        oneWay(other, one, condition);
      }
    }
  }

  /// Makes all links good.
  public void heal() {
    conditions.clear();
  }

  /// Messages that arrived so far.
  public long delivered() {
    return delivered.get();
  }

  /// Messages that were lost on the way so far.
  public long lost() {
    return lost.get();
  }

  Condition condition(int from, int to) {
    return conditions.getOrDefault(new Direction(from, to), Condition.GOOD);
  }

  void started(int node, MemoryTransport transport) {
    if (attached.putIfAbsent(node, transport) != null) {
      throw new IllegalStateException("node " + node + " has a transport already");
    }
  }

  void closed(int node, MemoryTransport transport) {
    attached.remove(node, transport);
  }

  /// Hands a message over; false if it is lost.
  boolean deliver(int from, int to, Message message) {
    MemoryTransport target = attached.get(to);
    boolean arrives =
        target != null && !condition(from, to).blocked() && target.received(from, message);
    (arrives ? delivered : lost).incrementAndGet();
    return arrives;
  }

  void countLoss() {
    lost.incrementAndGet();
  }
}
