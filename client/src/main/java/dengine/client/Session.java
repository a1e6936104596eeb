package dengine.client;

import dengine.proto.v1.Reply;
import dengine.proto.v1.SessionGrpc;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.Welcome;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One session stream, from the attempt to connect to its end. Each has a channel of its own:
/// gRPC's channels back off for up to two minutes by themselves, and remember resolved names.
///
/// Owned by the client's event loop.
final class Session {

  /// What [Endpoint] is told; always on the event loop.
  interface Owner {

    /// The server introduced itself.
    void welcomed(Session from, Welcome welcome);

    /// The server was heard from, with or without answers.
    void answered(Session from, SessionResponse response);

    /// The connection can take more.
    void writable(Session from);

    /// The server owes a sign of life for too long.
    void silent(Session from);

    /// The connection is of no use any more, or never was.
    void lost(Session from, String why);

    /// The server ended the session in good order: what it has not answered it never began.
    void ended(Session from, String why);
  }

  /// A request is sent when it has grown to this many bytes.
  static final int BATCH_BYTES = 256 << 10;

  /// Silence before the server is asked for a sign of life, while it owes an answer.
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /// A tick later than this says that this process stood still, not the server.
  private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private final String address;
  private final ClientOptions options;
  private final ClientLoop loop;
  private final Owner owner;
  private SessionRequest.Builder batch = SessionRequest.newBuilder();
  private @Nullable ManagedChannel channel;
  private @Nullable ClientCall<SessionRequest, SessionResponse> call;
  private @Nullable UnaryCalls unaryCalls;
  private boolean welcomed;
  private volatile boolean closed;
  private long heardAt;
  private long tickedAt;
  private boolean owing;

  /// When the server was asked for a sign of life it has not given yet; 0 if it was not.
  private long askedAt;

  private long pings;

  Session(String address, ClientOptions options, ClientLoop loop, Owner owner) {
    this.address = address;
    this.options = options;
    this.loop = loop;
    this.owner = owner;
  }

  /// Starts the attempt; the owner is told how it ends.
  ///
  /// @param attempt its number
  void open(int attempt) {
    heardAt = loop.nanoTime();
    tickedAt = heardAt;
    loop.dial(
        address,
        attempt,
        dialled -> {
          if (!onLoop(() -> connect(dialled))) {
            ManagedChannel unused = dialled.shutdownNow();
          }
        },
        why -> onLoop(() -> owner.lost(this, why)));
  }

  private void connect(ManagedChannel fresh) {
    if (closed) {
      ManagedChannel unused = fresh.shutdownNow();
      return;
    }
    channel = fresh;
    unaryCalls = options.unary() ? new UnaryCalls(fresh, this::unaryAnswer) : null;
    ClientCall<SessionRequest, SessionResponse> started =
        fresh.newCall(
            SessionGrpc.getOpenMethod(), CallOptions.DEFAULT.withOnReadyThreshold(BATCH_BYTES));
    call = started;
    started.start(new Answers(), new Metadata());
    started.request(Integer.MAX_VALUE);
  }

  /// Whether there is room in the connection.
  boolean canSend() {
    ClientCall<SessionRequest, SessionResponse> present = call;
    return welcomed && !closed && present != null && present.isReady();
  }

  /// Puts a call into the next message.
  void add(Call<?> next, long now) {
    int millis = (int) Math.max(1, Math.min(Integer.MAX_VALUE, (next.deadline - now) / 1_000_000));
    UnaryCalls unary = unaryCalls;
    if (unary == null || !unary.send(next, millis)) {
      batch.addCommands(next.operation.command().toBuilder().setId(next.id).setTimeoutMs(millis));
    }
  }

  /// Sends the message, unless it is empty.
  void send() {
    ClientCall<SessionRequest, SessionResponse> present = call;
    if (present != null && !closed && batch.getCommandsCount() > 0) {
      present.sendMessage(batch.build());
      batch = SessionRequest.newBuilder();
    }
  }

  /// Looks whether the server still lives while it owes something: a connection whose other end
  /// vanished without a word would otherwise look healthy until TCP gives up.
  ///
  /// @param owes whether calls wait for an answer
  void tick(boolean owes) {
    if (closed) {
      return;
    }
    long now = loop.nanoTime();
    long stalled = now - tickedAt;
    tickedAt = now;
    if (stalled > STALL_NANOS) {
      // Signs of life may be waiting in the socket.
      heardAt += stalled;
      askedAt = askedAt == 0 ? 0 : askedAt + stalled;
      return;
    }
    if (owes && !owing) {
      // Silence counts from when there was something to say.
      heardAt = now;
    }
    owing = owes;
    if (!welcomed) {
      if (now - heardAt > options.connectTimeout().toNanos()) {
        owner.lost(this, "not accepted within " + options.connectTimeout().toMillis() + " ms");
      }
    } else if (askedAt == 0) {
      if (owes && now - heardAt > PATIENCE_NANOS) {
        askedAt = now;
        ping();
      }
    } else if (now - askedAt > options.silence().toNanos()) {
      owner.lost(this, "no sign of life for " + options.silence().toMillis() + " ms");
    } else if (now - askedAt > options.suspicion().toNanos()) {
      owner.silent(this);
    }
  }

  private void ping() {
    ClientCall<SessionRequest, SessionResponse> present = call;
    if (present != null) {
      present.sendMessage(SessionRequest.newBuilder().setPing(++pings).build());
    }
  }

  /// Ends it at once; the owner is not told.
  void close() {
    closed = true;
    ManagedChannel present = channel;
    if (present != null) {
      present.shutdownNow();
    }
  }

  /// Waits until everything of it has ended.
  ///
  /// @return whether it did
  boolean awaitClosed(long millis) throws InterruptedException {
    ManagedChannel present = channel;
    return present == null || present.awaitTermination(millis, TimeUnit.MILLISECONDS);
  }

  private void unaryAnswer(Reply reply) {
    onLoop(() -> heard(SessionResponse.newBuilder().addReplies(reply).build()));
  }

  private void heard(SessionResponse response) {
    if (closed) {
      return;
    }
    heardAt = loop.nanoTime();
    askedAt = 0;
    if (!welcomed && response.hasWelcome()) {
      welcomed = true;
      owner.welcomed(this, response.getWelcome());
    }
    owner.answered(this, response);
  }

  /// Returns whether the loop took the step: otherwise the client was closed, and this session with
  /// it, and there is nobody left to tell.
  private boolean onLoop(Runnable step) {
    if (loop.runsHere()) {
      step.run();
      return true;
    }
    try {
      loop.execute(step);
      return true;
    } catch (RejectedExecutionException e) {
      closed = true;
      return false;
    }
  }

  private final class Answers extends ClientCall.Listener<SessionResponse> {

    @Override
    public void onReady() {
      onLoop(
          () -> {
            if (welcomed && !closed) {
              owner.writable(Session.this);
            }
          });
    }

    @Override
    public void onMessage(SessionResponse response) {
      onLoop(() -> heard(response));
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      onLoop(
          () -> {
            if (closed) {
              return;
            }
            // Unary calls have ends of their own.
            if (status.isOk() && unaryCalls == null) {
              owner.ended(Session.this, "the server is stopping");
            } else {
              owner.lost(Session.this, reason(status));
            }
          });
    }
  }

  private static String reason(Status status) {
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      return "serves no clients: it is an embedded engine, or not a d-engine";
    }
    Throwable cause = status.getCause();
    String root = cause == null ? "" : String.valueOf(cause.getMessage());
    if (root.startsWith("First received frame was not SETTINGS")) {
      return "answers, but not in gRPC: it may be the address for HTTP";
    }
    return status.getCode()
        + (status.getDescription() == null ? "" : " " + status.getDescription())
        + (root.isEmpty() ? "" : " (" + root + ")");
  }
}
