package dengine.grpc;

import dengine.engine.spi.Transport.Receiver;
import dengine.raft.Message;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The outgoing side of the peer protocol towards one peer: a bounded queue, and a connection that
/// is made again whenever it breaks.
///
/// Owned by one event loop: what other threads ask for is a step or an errand there.
final class PeerLink implements Connection.Owner {

  private static final long TICK_MILLIS = 500;

  private final int peer;
  private final Supplier<@Nullable String> whereabouts;
  private final TransportOptions options;
  private final ScheduledExecutorService loop;
  private final Connection.Connector connector;
  private final Receiver receiver;
  private final RareLog log;
  private final Outage outage;
  private final Outbox outbox;
  private final CountDownLatch ended = new CountDownLatch(1);

  /// What is or was connected to; null before the first attempt.
  private @Nullable String address;

  private @Nullable Connection connection;
  private @Nullable Future<?> retry;
  private @Nullable Future<?> ticks;
  private @Nullable Connection lastConnection;
  private int failures;
  private int attempts;
  private boolean closed;

  /// @param whereabouts where the peer is; asked at each attempt to connect; null once it is
  ///     forgotten, and this link about to be closed
  PeerLink(
      int peer,
      Supplier<@Nullable String> whereabouts,
      TransportOptions options,
      ScheduledExecutorService loop,
      Connection.Connector connector,
      Receiver receiver,
      RareLog log) {
    this.peer = peer;
    this.whereabouts = whereabouts;
    this.options = options;
    this.loop = loop;
    this.connector = connector;
    this.receiver = receiver;
    this.log = log;
    this.outage = new Outage(peer, log, System::nanoTime);
    this.outbox = new Outbox(loop, options.maxQueuedBytes(), this::drain, this::tellLoss);
  }

  void start() {
    onLoop(this::connect);
  }

  /// Queues a message, or drops it when too much waits or there is no connection. Never blocks.
  void send(Message message) {
    outbox.add(message);
  }

  /// The peer may have another address from now on; a connection to the one before is replaced.
  void moved() {
    onLoop(
        () -> {
          String now = whereabouts.get();
          if (now != null && !now.equals(address)) {
            failures = 0;
            Connection present = connection;
            if (present != null) {
              lost(present, "its address is now " + now);
            } else {
              connectNow();
            }
          }
        });
  }

  /// The peer was heard from: if an attempt to reconnect is due later, it is made now.
  void hurry() {
    onLoop(this::connectNow);
  }

  private void connectNow() {
    Future<?> waiting = retry;
    if (waiting != null && waiting.cancel(false)) {
      failures = 0;
      connect();
    }
  }

  /// Closes the connection; [#awaitClosed] waits for it. Closing it again does no harm.
  void close() {
    onLoop(
        () -> {
          closed = true;
          outbox.accept(false);
          cancelTimers();
          Connection present = connection;
          if (present != null) {
            connection = null;
            present.close();
          }
          outbox.clear();
          ended.countDown();
        });
  }

  /// Waits until the closed connection is gone; the event loop may be ended afterwards.
  void awaitClosed(long millis) throws InterruptedException {
    boolean gone = ended.await(millis, TimeUnit.MILLISECONDS);
    Connection last = gone ? lastConnection : null;
    if (!gone || (last != null && !last.awaitClosed(millis))) {
      log.warn("closing " + peer, "a connection does not close peer=" + peer);
    }
  }

  private void onLoop(Runnable step) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException e) {
      // The transport was closed, and this link with it.
    }
  }

  private void connect() {
    retry = null;
    String target = whereabouts.get();
    if (closed || connection != null || target == null) {
      return;
    }
    outbox.accept(true);
    address = target;
    Connection attempt = connector.to(target, this);
    connection = attempt;
    ticks =
        loop.scheduleAtFixedRate(attempt::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    lastConnection = attempt;
    attempt.open(attempts++);
  }

  @Override
  public void ready(Connection from) {
    if (from.equals(connection)) {
      failures = 0;
      outage.ends(String.valueOf(address));
      drain();
    }
  }

  @Override
  public void lost(Connection from, String why) {
    if (!from.equals(connection) || closed) {
      return;
    }
    connection = null;
    outbox.accept(false);
    cancelTimers();
    from.close();
    outbox.clear();
    outage.goesOn(String.valueOf(address), why);
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

  private void drain() {
    Connection present = connection;
    if (present == null) {
      // A sender that looked before the connection broke.
      if (outbox.clear()) {
        tellLoss();
      }
      return;
    }
    while (present.canSend()) {
      byte[] packet = outbox.nextPacket();
      if (packet == null) {
        return;
      }
      present.send(packet);
    }
  }

  private void tellLoss() {
    if (!closed) {
      receiver.unreachable(peer);
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
