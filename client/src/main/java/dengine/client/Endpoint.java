package dengine.client;

import dengine.api.InvalidRequestException;
import dengine.proto.v1.Reply;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.Welcome;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One server: its connection, made again whenever it breaks, and the calls that wait for it.
///
/// Owned by the client's event loop.
final class Endpoint implements Session.Owner {

  /// What the client is told.
  interface Owner {

    /// Whether the server that introduces itself is one of ours.
    boolean belongs(Endpoint endpoint, Welcome welcome);

    /// The server introduced itself and takes commands.
    void ready(Endpoint endpoint, Welcome welcome);

    /// The server answered a call.
    void replied(Endpoint endpoint, Call<?> call, Reply reply);

    /// The caller gave the call up before it was sent.
    void abandoned(Call<?> call);

    /// Everything in a message was told.
    void settled();

    /// The server has been silent for too long; these calls can go elsewhere without danger.
    void suspected(Endpoint endpoint, List<Call<?>> reads);

    /// The connection broke.
    ///
    /// @param unsent calls that never left
    /// @param sent calls the server may have received
    void broken(Endpoint endpoint, List<Call<?>> unsent, List<Call<?>> sent, String why);
  }

  private static final System.Logger LOGGER = System.getLogger(Endpoint.class.getName());
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  final String address;

  /// What the server said its number is; 0 before it first did.
  int nodeId;

  private final ClientOptions options;
  private final ClientLoop loop;
  private final Owner owner;
  private final Deque<Call<?>> outgoing = new ArrayDeque<>();
  private final LongObjectMap<Call<?>> inFlight = new LongObjectHashMap<>();
  private @Nullable Session session;
  private volatile @Nullable Session lastSession;
  private @Nullable Future<?> retry;
  private @Nullable Future<?> ticks;
  private String lastFailure = "";
  private boolean ready;
  private boolean suspect;
  private boolean closed;
  private int failures;
  private int attempts;
  private int maxInFlight;
  private int maxRequestBytes;
  private int maxValueBytes;
  private long nextId;

  Endpoint(String address, ClientOptions options, ClientLoop loop, Owner owner) {
    this.address = address;
    this.options = options;
    this.loop = loop;
    this.owner = owner;
  }

  /// Starts connecting.
  void connect() {
    retry = null;
    if (closed || session != null) {
      return;
    }
    Session fresh = new Session(address, options, loop, this);
    session = fresh;
    lastSession = fresh;
    ticks =
        loop.scheduleAtFixedRate(
            () -> fresh.tick(!inFlight.isEmpty() || !outgoing.isEmpty()), TICK_NANOS);
    fresh.open(attempts++);
  }

  /// Why the last connection ended; empty if none did.
  String lastFailure() {
    return lastFailure;
  }

  /// Whether the server takes commands.
  boolean isReady() {
    return ready;
  }

  /// Whether the server takes commands and has no answer overdue.
  boolean isHealthy() {
    return ready && !suspect;
  }

  /// Why a call cannot be sent to it: it is larger than what the server takes; empty if it can.
  /// What can be sent is the server's to judge, which knows all of its limits. Of what cannot,
  /// whoever asked is told the limit he has to keep: that of the value, if that is what is too
  /// large.
  Optional<InvalidRequestException> refusal(Call<?> call) {
    if (call.size <= maxRequestBytes) {
      return Optional.empty();
    }
    return Optional.of(
        call.operation.values().stream()
            .filter(value -> maxValueBytes > 0 && value.bytes() > maxValueBytes)
            .findFirst()
            .map(
                value ->
                    new InvalidRequestException(
                        value.field(),
                        value.bytes(),
                        "0 to " + maxValueBytes + " (limits.max_value_size)"))
            .orElseGet(
                () ->
                    new InvalidRequestException(
                        "request bytes",
                        call.size,
                        "1 to " + maxRequestBytes + " (more with limits.max_request_size)")));
  }

  /// Queues a call for the next [#flush].
  void send(Call<?> call) {
    outgoing.add(call);
  }

  /// Sends what waits, as much as the connection and the server's bound take. What has piled up
  /// since the last time leaves in one message.
  void flush() {
    Session present = session;
    if (present == null || !ready) {
      return;
    }
    while (!outgoing.isEmpty() && inFlight.size() < maxInFlight && present.canSend()) {
      long now = loop.nanoTime();
      int bytes = 0;
      while (fits(bytes)) {
        Call<?> call = outgoing.remove();
        if (call.result.isDone()) {
          owner.abandoned(call);
        } else {
          bytes += call.size;
          present.add(number(call), now);
        }
      }
      present.send();
    }
  }

  /// Whether the next call goes into a message that has so many bytes already. One call alone
  /// always does: the server's bound was checked when it was routed.
  private boolean fits(int bytes) {
    Call<?> next = outgoing.peek();
    return next != null
        && inFlight.size() < maxInFlight
        && bytes < Session.BATCH_BYTES
        && (bytes == 0 || bytes + next.size <= maxRequestBytes);
  }

  private Call<?> number(Call<?> call) {
    call.id = ++nextId;
    call.sent = true;
    inFlight.put(call.id, call);
    return call;
  }

  /// Takes out the calls whose deadline has passed.
  ///
  /// @return nanoseconds until the next deadline, [Long#MAX_VALUE] if nothing waits
  long sweep(long now, Consumer<Call<?>> expired) {
    List<Call<?>> late = new ArrayList<>();
    long next = Long.MAX_VALUE;
    for (Iterator<Call<?>> all = outgoing.iterator(); all.hasNext(); ) {
      Call<?> call = all.next();
      if (call.deadline - now <= 0) {
        all.remove();
        late.add(call);
      } else {
        next = Math.min(next, call.deadline - now);
      }
    }
    for (Iterator<Call<?>> all = inFlight.values().iterator(); all.hasNext(); ) {
      Call<?> call = all.next();
      if (call.deadline - now <= 0) {
        all.remove();
        late.add(call);
      } else {
        next = Math.min(next, call.deadline - now);
      }
    }
    late.forEach(expired);
    return next;
  }

  /// Waits until a closed connection's threads and sockets are gone.
  void awaitClosed(long millis) throws InterruptedException {
    Session last = lastSession;
    if (last != null && !last.awaitClosed(millis)) {
      LOGGER.log(System.Logger.Level.DEBUG, "still closing address={0}", address);
    }
  }

  /// Closes the connection for good.
  ///
  /// @return the calls that had no answer
  List<Call<?>> close() {
    closed = true;
    List<Call<?>> left = takeSent(call -> true);
    left.addAll(takeOutgoing());
    disconnect();
    return left;
  }

  private void disconnect() {
    ready = false;
    suspect = false;
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
    Session present = session;
    if (present != null) {
      session = null;
      present.close();
    }
  }

  @Override
  public void welcomed(Session from, Welcome welcome) {
    if (from != session) {
      return;
    }
    if (!owner.belongs(this, welcome)) {
      lost(from, "it belongs to another cluster");
      return;
    }
    failures = 0;
    ready = true;
    nodeId = welcome.getNodeId();
    maxInFlight = Math.max(1, welcome.getMaxInFlight());
    maxRequestBytes = welcome.getMaxRequestBytes();
    maxValueBytes = welcome.getMaxValueBytes();
    LOGGER.log(
        System.Logger.Level.DEBUG, "connected address={0} node={1}", address, welcome.getNodeId());
    owner.ready(this, welcome);
  }

  @Override
  public void answered(Session from, SessionResponse response) {
    if (from != session) {
      return;
    }
    suspect = false;
    for (Reply reply : response.getRepliesList()) {
      Call<?> call = inFlight.remove(reply.getId());
      // No longer known: its deadline passed, or it was sent elsewhere.
      if (call != null) {
        owner.replied(this, call, reply);
      }
    }
    flush();
    owner.settled();
  }

  @Override
  public void writable(Session from) {
    if (from == session) {
      flush();
    }
  }

  @Override
  public void silent(Session from) {
    if (from == session && !suspect) {
      suspect = true;
      List<Call<?>> movable = takeSent(call -> !call.operation.isWrite());
      movable.addAll(takeOutgoing());
      owner.suspected(this, movable);
    }
  }

  @Override
  public void lost(Session from, String why) {
    if (from == session && !closed) {
      reconnectLater(why);
      owner.broken(this, takeOutgoing(), takeSent(call -> true), why);
    }
  }

  @Override
  public void ended(Session from, String why) {
    if (from == session && !closed) {
      reconnectLater(why);
      List<Call<?>> notBegun = takeSent(call -> true);
      notBegun.addAll(takeOutgoing());
      owner.broken(this, notBegun, List.of(), why);
    }
  }

  private void reconnectLater(String why) {
    disconnect();
    lastFailure = why;
    LOGGER.log(System.Logger.Level.DEBUG, "no connection address={0} reason=\"{1}\"", address, why);
    retry = loop.schedule(this::connect, backoffNanos());
    failures++;
  }

  private long backoffNanos() {
    long most =
        Math.min(
            options.reconnectMin().toNanos() << Math.min(failures, 20),
            options.reconnectMax().toNanos());
    return most / 2 + loop.random(most / 2 + 1);
  }

  private List<Call<?>> takeOutgoing() {
    List<Call<?>> taken = new ArrayList<>(outgoing);
    outgoing.clear();
    return taken;
  }

  private List<Call<?>> takeSent(Predicate<Call<?>> which) {
    List<Call<?>> taken = new ArrayList<>();
    for (Iterator<Call<?>> all = inFlight.values().iterator(); all.hasNext(); ) {
      Call<?> call = all.next();
      if (which.test(call)) {
        all.remove();
        taken.add(call);
      }
    }
    // In the order they were sent, not the map's.
    taken.sort(Comparator.comparingLong(call -> call.id));
    return taken;
  }

  @Override
  public String toString() {
    return address;
  }
}
