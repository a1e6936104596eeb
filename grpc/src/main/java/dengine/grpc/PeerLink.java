package dengine.grpc;

import dengine.engine.spi.Transport.Receiver;
import dengine.raft.Message;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The outgoing side of the peer protocol towards one peer: a bounded queue, and a connection that
/// is made again whenever it breaks.
///
/// Owned by one event loop; only [#send], [#address] and [#hurry] are called by other threads.
final class PeerLink implements Connection.Owner {

  /// A packet is closed at this size, so that gRPC's window does not have to hold more than it
  /// needs.
  private static final int PACKET_BYTES = 256 << 10;

  private static final long TICK_MILLIS = 500;

  private final int peer;
  private final TransportOptions options;
  private final EventLoop loop;
  private final Receiver receiver;
  private final RareLog log;

  private final Queue<Message> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final AtomicBoolean drainScheduled = new AtomicBoolean();
  private final AtomicBoolean lossScheduled = new AtomicBoolean();
  private volatile String address;

  /// Whether it makes sense to queue: connected, or trying for the first time since it broke.
  private volatile boolean accepting = true;

  private @Nullable Connection connection;
  private @Nullable Future<?> retry;
  private @Nullable Future<?> ticks;
  private volatile @Nullable Connection lastConnection;
  private int failures;
  private int attempts;
  private boolean closed;

  PeerLink(
      int peer,
      String address,
      TransportOptions options,
      EventLoop loop,
      Receiver receiver,
      RareLog log) {
    this.peer = peer;
    this.address = address;
    this.options = options;
    this.loop = loop;
    this.receiver = receiver;
    this.log = log;
  }

  void start() {
    loop.execute(this::connect);
  }

  /// Queues a message, or drops it when too much waits or there is no connection. Never blocks.
  void send(Message message) {
    int size = PeerCodec.size(message);
    // A message larger than the bound passes when nothing else waits.
    long before = queuedBytes.getAndAdd(size);
    if (!accepting || (before > 0 && before + size > options.maxQueuedBytes())) {
      queuedBytes.addAndGet(-size);
      reportLoss();
      return;
    }
    queue.add(message);
    wake();
  }

  /// Where the peer is from now on; a connection to another address is replaced.
  void address(String newAddress) {
    loop.execute(
        () -> {
          if (!newAddress.equals(address)) {
            address = newAddress;
            failures = 0;
            Connection present = connection;
            if (present != null) {
              lost(present, "its address is now " + newAddress);
            } else {
              hurry();
            }
          }
        });
  }

  /// The peer was heard from: if an attempt to reconnect is due later, it is made now.
  void hurry() {
    loop.execute(
        () -> {
          Future<?> waiting = retry;
          if (waiting != null && waiting.cancel(false)) {
            retry = null;
            failures = 0;
            connect();
          }
        });
  }

  /// Closes the connection; [#awaitClosed] waits for it.
  io.netty.util.concurrent.Future<?> close() {
    return loop.submit(
        () -> {
          closed = true;
          accepting = false;
          cancelTimers();
          Connection present = connection;
          if (present != null) {
            connection = null;
            present.close();
          }
          queue.clear();
        });
  }

  /// Waits until the closed connection is gone; the event loop may be ended afterwards.
  void awaitClosed(long millis) throws InterruptedException {
    Connection last = lastConnection;
    if (last != null && !last.awaitClosed(millis)) {
      log.warn("closing " + peer, "a connection does not close peer=" + peer);
    }
  }

  private void connect() {
    retry = null;
    if (closed || connection != null) {
      return;
    }
    Handshake handshake =
        new Handshake(options.clusterId(), options.nodeId(), peer, PeerCodec.VERSION);
    accepting = true;
    Connection attempt = new Connection(address, handshake, options, loop, this);
    connection = attempt;
    ticks =
        loop.scheduleAtFixedRate(attempt::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    lastConnection = attempt;
    attempt.open(attempts++);
  }

  @Override
  public void ready(Connection from) {
    if (from == connection) {
      if (failures > 0) {
        log.info("back " + peer, "connected peer=" + peer + " address=" + address);
      }
      failures = 0;
      drain();
    }
  }

  @Override
  public void lost(Connection from, String why) {
    if (from != connection || closed) {
      return;
    }
    connection = null;
    accepting = false;
    cancelTimers();
    from.close();
    dropQueued();
    log.warn(
        "lost " + peer,
        "no connection peer=" + peer + " address=" + address + " reason=\"" + why + "\"");
    receiver.unreachable(peer);
    retry = loop.schedule(this::connect, backoffNanos(), TimeUnit.NANOSECONDS);
    failures++;
  }

  private long backoffNanos() {
    long most =
        Math.min(
            options.reconnectMin().toNanos() << Math.min(failures, 20),
            options.reconnectMax().toNanos());
    return most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
  }

  private void cancelTimers() {
    Future<?> waiting = retry;
    if (waiting != null) {
      waiting.cancel(false);
      retry = null;
    }
    Future<?> ticking = ticks;
    if (ticking != null) {
      ticking.cancel(false);
      ticks = null;
    }
  }

  private void wake() {
    if (drainScheduled.compareAndSet(false, true)) {
      loop.execute(
          () -> {
            drainScheduled.set(false);
            drain();
          });
    }
  }

  private void drain() {
    Connection present = connection;
    if (present == null) {
      // A sender that looked before the connection broke.
      if (dropQueued()) {
        receiver.unreachable(peer);
      }
      return;
    }
    while (present.canSend()) {
      byte[] packet = nextPacket();
      if (packet == null) {
        return;
      }
      present.send(packet);
    }
  }

  private byte @Nullable [] nextPacket() {
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

  private boolean dropQueued() {
    boolean any = false;
    Message dropped = queue.poll();
    while (dropped != null) {
      any = true;
      queuedBytes.addAndGet(-PeerCodec.size(dropped));
      dropped = queue.poll();
    }
    return any;
  }

  /// Tells the receiver, from the event loop: who sends is in the middle of something. Losses in
  /// quick succession are told once.
  private void reportLoss() {
    if (lossScheduled.compareAndSet(false, true)) {
      loop.execute(
          () -> {
            lossScheduled.set(false);
            if (!closed) {
              receiver.unreachable(peer);
            }
          });
    }
  }

  /// The transport's status as a line for people.
  static String reason(Status status) {
    String description = status.getDescription();
    Throwable cause = status.getCause();
    return status.getCode()
        + (description == null ? "" : " " + description)
        + (cause == null ? "" : " (" + cause.getMessage() + ")");
  }
}
