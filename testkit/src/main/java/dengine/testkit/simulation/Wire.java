package dengine.testkit.simulation;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The connection of a client to a node, in place of gRPC's: messages arrive in order or not at
/// all, late, and only as many as the other end asks for. It breaks when the node's process dies,
/// when somebody resets it, or stays silent when nothing gets through.
final class Wire extends ManagedChannel {

  private static final int READY_BYTES = 256 << 10;

  private final World world;
  private final Machine machine;
  private final ClientMachine client;
  private boolean shut;
  private final Set<Stream<?, ?>> streams = new LinkedHashSet<>();

  Wire(World world, ClientMachine client, Machine machine) {
    this.world = world;
    this.client = client;
    this.machine = machine;
  }

  Machine machine() {
    return machine;
  }

  /// Both ends learn that it broke.
  void reset() {
    List.copyOf(streams).forEach(open -> open.fail("connection reset"));
  }

  @Override
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
    Stream<Q, A> opened = new Stream<>(method);
    streams.removeIf(stream -> stream.over);
    streams.add(opened);
    return opened;
  }

  @Override
  public ManagedChannel shutdown() {
    return shutdownNow();
  }

  @Override
  public ManagedChannel shutdownNow() {
    shut = true;
    List.copyOf(streams).forEach(Stream::hangUp);
    return this;
  }

  @Override
  public boolean isShutdown() {
    return shut;
  }

  @Override
  public boolean isTerminated() {
    return shut;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return shut;
  }

  @Override
  public String authority() {
    return "node-" + machine.id();
  }

  /// One call on the connection: what the client holds of it. `Side` is what the server holds.
  private final class Stream<Q, A> extends ClientCall<Q, A> {
    private final MethodDescriptor<Q, A> method;
    private ClientCall.@Nullable Listener<A> listener;
    private @Nullable NodeProcess process;
    private @Nullable Side<?, ?> side;
    private final Deque<Q> toServer = new ArrayDeque<>();
    private long lastToServer;
    private long lastToClient;
    private long serverWants;
    private int underWay;
    private boolean over;

    /// The client says no more, which the server has not been told yet.
    private boolean halfClosed;

    Stream(MethodDescriptor<Q, A> method) {
      this.method = method;
    }

    @Override
    public void start(ClientCall.Listener<A> answers, Metadata headers) {
      listener = answers;
      toServer(() -> accept(headers));
    }

    /// The other end takes the call, or nobody is there.
    private void accept(Metadata headers) {
      NodeProcess there = machine.process();
      ServerMethodDefinition<?, ?> definition =
          there == null ? null : there.service(method.getFullMethodName());
      if (there == null || definition == null) {
        fail("connection refused");
        return;
      }
      process = there;
      // A process that dies says so, unless its machine goes with it: then there is silence.
      boolean silent = world.random().nextBoolean();
      there.onEnd(
          () -> {
            if (!silent) {
              fail("connection closed");
            }
          });
      machine.run(
          there,
          () -> {
            side = new Side<>(this, there, definition);
            side.start(headers);
          });
    }

    @Override
    public void request(int count) {
      // The client takes whatever comes.
    }

    @Override
    public boolean isReady() {
      return !over && side != null && underWay < READY_BYTES;
    }

    @Override
    public void sendMessage(Q message) {
      int bytes = message instanceof MessageLite lite ? lite.getSerializedSize() : 1;
      underWay += bytes;
      toServer(
          () -> {
            underWay -= bytes;
            toServer.add(message);
            feed();
          });
    }

    /// Gives the server what it asked for.
    private void feed() {
      NodeProcess there = process;
      while (there != null && serverWants > 0 && !toServer.isEmpty() && !over) {
        serverWants--;
        Q message = toServer.remove();
        machine.run(there, () -> side().take(method.streamRequest(message)));
      }
      if (there != null && halfClosed && toServer.isEmpty() && !over) {
        halfClosed = false;
        machine.run(there, () -> side().listener().onHalfClose());
      }
    }

    private Side<?, ?> side() {
      Side<?, ?> present = side;
      if (present == null) {
        throw new IllegalStateException("a message before the call");
      }
      return present;
    }

    @Override
    public void halfClose() {
      toServer(
          () -> {
            halfClosed = true;
            feed();
          });
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      hangUp();
    }

    /// The client wants no more of it; the server learns it, if it can be reached.
    void hangUp() {
      if (!over) {
        over = true;
        leave();
      }
    }

    private void leave() {
      NodeProcess there = process;
      Side<?, ?> present = side;
      if (there != null && present != null) {
        present.cancelled = true;
        world.agenda().in(1, () -> machine.run(there, () -> present.listener().onCancel()));
      }
    }

    /// It broke: both ends learn it.
    void fail(String why) {
      if (over) {
        return;
      }
      over = true;
      leave();
      closed(Status.UNAVAILABLE.withDescription(why));
    }

    private void closed(Status status) {
      ClientCall.Listener<A> waiting = listener;
      if (waiting != null) {
        client.run(() -> waiting.onClose(status, new Metadata()));
      }
    }

    /// What the server says, in bytes.
    void answered(InputStream bytes) {
      A message = method.parseResponse(bytes);
      toClient(
          () -> {
            ClientCall.Listener<A> waiting = listener;
            if (waiting != null && !over) {
              client.run(() -> waiting.onMessage(message));
            }
          });
    }

    void ended(Status status) {
      toClient(
          () -> {
            if (!over) {
              over = true;
              closed(status);
            }
          });
    }

    void wants(int count) {
      serverWants += count;
      NodeProcess there = process;
      if (there != null) {
        there.execute(this::feed);
      }
    }

    private void toServer(Runnable arrival) {
      lastToServer = deliver(lastToServer, arrival);
    }

    private void toClient(Runnable arrival) {
      lastToClient = deliver(lastToClient, arrival);
    }

    /// Nothing overtakes anything; what finds its way cut waits until it is free, as TCP would try
    /// again.
    private long deliver(long after, Runnable arrival) {
      long time = Math.max(after + 1, world.agenda().now() + client.delay());
      world.agenda().at(time, () -> arrive(arrival));
      return time;
    }

    private void arrive(Runnable arrival) {
      long free = client.cutUntil(machine);
      if (over) {
        return;
      }
      if (free > world.agenda().now()) {
        lastToServer = Math.max(lastToServer, free);
        lastToClient = Math.max(lastToClient, free);
        world.agenda().at(free, () -> arrive(arrival));
      } else {
        arrival.run();
      }
    }
  }

  /// What the server holds of a call. Both ends meet in bytes: each parses with its own method.
  private static final class Side<Q, A> extends ServerCall<Q, A> {
    private final Stream<?, ?> stream;
    private final NodeProcess process;
    private final ServerMethodDefinition<Q, A> definition;
    private ServerCall.@Nullable Listener<Q> listener;
    private boolean cancelled;

    Side(Stream<?, ?> stream, NodeProcess process, ServerMethodDefinition<Q, A> definition) {
      this.stream = stream;
      this.process = process;
      this.definition = definition;
    }

    void start(Metadata headers) {
      ServerCall.Listener<Q> started = definition.getServerCallHandler().startCall(this, headers);
      listener = started;
      started.onReady();
    }

    ServerCall.Listener<Q> listener() {
      ServerCall.Listener<Q> present = listener;
      if (present == null) {
        throw new IllegalStateException("a message before the call");
      }
      return present;
    }

    void take(InputStream bytes) {
      listener().onMessage(definition.getMethodDescriptor().parseRequest(bytes));
    }

    @Override
    public void request(int count) {
      stream.wants(count);
    }

    @Override
    public void sendHeaders(Metadata headers) {
      // They say nothing to a session.
    }

    @Override
    public void sendMessage(A message) {
      if (process.speaks()) {
        stream.answered(definition.getMethodDescriptor().streamResponse(message));
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (process.speaks()) {
        stream.ended(status);
      }
    }

    @Override
    public boolean isReady() {
      return !cancelled;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public MethodDescriptor<Q, A> getMethodDescriptor() {
      return definition.getMethodDescriptor();
    }
  }
}
