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
///
/// Pieces of a snapshot's file wait in a lane of their own, and a packet carries one only beside
/// what else is there or when it is its turn. So however much of a file waits, a heartbeat that is
/// sent now leaves with the next packet: what lies before it is what gRPC was handed already, about
/// a megabyte ([GrpcConnection]), 10 ms of a gigabit. In return pieces have every second packet at
/// worst, so that a busy log does not starve a transfer either. Everything else keeps its order.
final class Outbox {

  /// A packet is closed at this size, so that gRPC's window does not have to hold more than it
  /// needs.
  private static final int PACKET_BYTES = 256 << 10;

  private final Queue<Message> queue = new ConcurrentLinkedQueue<>();
  private final Queue<Message> pieces = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final long maxQueuedBytes;
  private final Errand fetching;
  private final Errand tellingLoss;

  /// Whether it makes sense to queue: connected, or trying for the first time since it broke.
  private volatile boolean accepting = true;

  /// Whether a piece waited while the last packet had no room for it. The loop's.
  private boolean pieceIsDue;

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
    (message instanceof Message.Transfer.Piece ? pieces : queue).add(message);
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
    int bytes = pieceIsDue ? 0 : take(queue, PeerCodec.MAX_MESSAGES - 1, messages, 0);
    int withPiece = take(pieces, 1, messages, bytes);
    pieceIsDue = withPiece == bytes && !pieces.isEmpty();
    if (messages.isEmpty()) {
      return null;
    }
    queuedBytes.addAndGet(-withPiece);
    return PeerCodec.encode(messages, withPiece, false);
  }

  /// Moves messages into a packet until it is full; one alone always fits.
  ///
  /// @param most how many to move
  /// @param bytes what the packet has already
  /// @return what it has then
  private static int take(Queue<Message> from, int most, List<Message> packet, int bytes) {
    int sum = bytes;
    int withMembers = 0;
    for (int taken = 0; taken < most; taken++) {
      Message next = from.peek();
      int size = next == null ? 0 : PeerCodec.size(next);
      if (next == null || (!packet.isEmpty() && sum + size > PACKET_BYTES)) {
        break;
      }
      if (PeerCodec.carriesMembers(next)) {
        withMembers++;
        if (withMembers > PeerCodec.MAX_WITH_MEMBERS) {
          break;
        }
      }
      packet.add(from.remove());
      sum += size;
    }
    return sum;
  }

  /// Drops what waits.
  ///
  /// @return whether anything did
  boolean clear() {
    pieceIsDue = false;
    boolean anyMessage = clear(queue);
    return clear(pieces) || anyMessage;
  }

  private boolean clear(Queue<Message> dropping) {
    boolean any = false;
    Message dropped = dropping.poll();
    while (dropped != null) {
      any = true;
      queuedBytes.addAndGet(-PeerCodec.size(dropped));
      dropped = dropping.poll();
    }
    return any;
  }
}
