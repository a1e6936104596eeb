package dengine.grpc;

import dengine.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The messages that wait for the connection to a peer: put in by any thread, taken out by the
/// link's event loop.
final class Outbox {

  /// A packet is closed at this size, so that gRPC's window does not have to hold more than it
  /// needs.
  private static final int PACKET_BYTES = 256 << 10;

  private final Queue<Message> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final long maxQueuedBytes;
  private final Errand fetching;
  private final Errand tellingLoss;

  /// Whether it makes sense to queue: connected, or trying for the first time since it broke.
  private volatile boolean accepting = true;

  /// @param loop runs the other two
  /// @param fetch to come for what waits
  /// @param lost to tell that something was refused: who sends is in the middle of something.
  ///     Losses in quick succession are told once
  Outbox(Executor loop, long maxQueuedBytes, Runnable fetch, Runnable lost) {
    this.maxQueuedBytes = maxQueuedBytes;
    this.fetching = new Errand(loop, fetch);
    this.tellingLoss = new Errand(loop, lost);
  }

  /// Queues a message, or drops it when too much waits or there is no connection. Never blocks.
  void add(Message message) {
    int size = PeerCodec.size(message);
    // A message larger than the bound passes when nothing else waits.
    long before = queuedBytes.getAndAdd(size);
    if (!accepting || (before > 0 && before + size > maxQueuedBytes)) {
      queuedBytes.addAndGet(-size);
      tellingLoss.ask();
      return;
    }
    queue.add(message);
    fetching.ask();
  }

  /// Whether to take messages from now on. A sender that looked before may still put one in: it
  /// asks for it to be fetched.
  void accept(boolean nowAccepting) {
    accepting = nowAccepting;
  }

  /// What waits, as much as fits into one packet; null if nothing does.
  byte @Nullable [] nextPacket() {
    List<Message> messages = new ArrayList<>();
    int bytes = 0;
    Message next = queue.peek();
    while (next != null && messages.size() < PeerCodec.MAX_MESSAGES) {
      int size = PeerCodec.size(next);
      if (!messages.isEmpty() && bytes + size > PACKET_BYTES) {
        break;
      }
      messages.add(queue.remove());
      bytes += size;
      next = queue.peek();
    }
    if (messages.isEmpty()) {
      return null;
    }
    queuedBytes.addAndGet(-bytes);
    return PeerCodec.encode(messages, bytes, false);
  }

  /// Drops what waits.
  ///
  /// @return whether anything did
  boolean clear() {
    boolean any = false;
    Message dropped = queue.poll();
    while (dropped != null) {
      any = true;
      queuedBytes.addAndGet(-PeerCodec.size(dropped));
      dropped = queue.poll();
    }
    return any;
  }
}
