package dengine.grpc;

import dengine.api.ClusterUnavailableException;
import dengine.grpc.SessionCommands.Started;
import dengine.proto.v1.Command;
import dengine.proto.v1.Reply;
import dengine.proto.v1.SessionRequest;
import dengine.proto.v1.SessionResponse;
import dengine.proto.v1.Welcome;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One session on the server. Commands are started as they come, as long as what is under way stays
/// within its bounds; answers that are ready together leave in one message.
///
/// Everything runs in turns on the network's threads, one turn at a time: whoever has news puts it
/// where the turn finds it and asks for a turn.
final class SessionStream implements StreamObserver<SessionRequest> {

  /// A response is sent when it has grown to this many bytes.
  private static final int RESPONSE_BYTES = 256 << 10;

  private final ServerCallStreamObserver<SessionResponse> call;
  private final Deadlines deadlines;
  private final SessionCommands commands;
  private final ServiceOptions options;
  private final Consumer<SessionStream> ended;

  private final Turns turns;
  private final Queue<SessionRequest> arrived = new ConcurrentLinkedQueue<>();
  private final Queue<Answer<?>> answered = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Welcome welcome;
  private volatile boolean halfClosed;
  private volatile boolean gone;
  private volatile boolean draining;

  // Owned by whoever has the turn.
  private final Queue<Command> waiting = new ArrayDeque<>();
  private int inFlight;
  private long inFlightBytes;
  private final ReadSizes readSizes = new ReadSizes();

  /// What finished reads hold until they are sent; added to on any thread.
  private final AtomicLong answeredBytes = new AtomicLong();
  private boolean welcomed;
  private boolean asked;
  private boolean finished;
  private long pong;

  SessionStream(
      ServerCallStreamObserver<SessionResponse> call,
      Deadlines deadlines,
      SessionCommands commands,
      ServiceOptions options,
      Executor network,
      Consumer<SessionStream> ended) {
    this.call = call;
    this.deadlines = deadlines;
    this.commands = commands;
    this.options = options;
    this.turns = new Turns(network, this::turn);
    this.ended = ended;
    call.disableAutoRequest();
    call.setOnReadyThreshold(RESPONSE_BYTES);
    call.setOnReadyHandler(this::askForTurn);
    call.setOnCancelHandler(this::leave);
  }

  /// What the session begins with.
  void welcome(Welcome first) {
    welcome = first;
    askForTurn();
  }

  /// No new commands: finish, then end.
  void drain() {
    draining = true;
    askForTurn();
  }

  @Override
  public void onNext(SessionRequest request) {
    arrived.add(request);
    // On the network's thread already: what this message brings is answered without another hop.
    turns.take();
  }

  @Override
  public void onError(Throwable failure) {
    leave();
  }

  @Override
  public void onCompleted() {
    halfClosed = true;
    turns.take();
  }

  private void leave() {
    gone = true;
    ended.accept(this);
  }

  private void askForTurn() {
    try {
      turns.ask();
    } catch (RejectedExecutionException e) {
      // The network was shut down, and the stream with it.
      leave();
    }
  }

  private void turn() {
    if (gone || finished) {
      return;
    }
    // Looked up first: what came before the caller's last word is in the queue then.
    boolean last = halfClosed || draining;
    SessionRequest request = arrived.poll();
    while (request != null) {
      asked = false;
      waiting.addAll(request.getCommandsList());
      pong = request.getPing() != 0 ? request.getPing() : pong;
      request = arrived.poll();
    }
    boolean progress = true;
    while (progress) {
      startWaiting();
      progress = sendAnswers() && !waiting.isEmpty();
    }
    if (!asked && !halfClosed && waiting.isEmpty() && mayStart()) {
      asked = true;
      call.request(1);
    }
    if (last && waiting.isEmpty() && inFlight == 0) {
      finished = true;
      call.onCompleted();
      ended.accept(this);
    }
  }

  private boolean mayStart() {
    return inFlight < options.maxInFlight()
        && inFlightBytes + answeredBytes.get() < options.maxInFlightBytes();
  }

  private void startWaiting() {
    while (!waiting.isEmpty() && mayStart()) {
      Command command = waiting.remove();
      long charge = command.getSerializedSize() + readSizes.expected(command);
      inFlight++;
      inFlightBytes += charge;
      start(command, charge);
    }
  }

  private void start(Command command, long charge) {
    if (draining) {
      fail(command, charge, new ClusterUnavailableException("this server is stopping"));
      return;
    }
    try {
      long timeout = Integer.toUnsignedLong(command.getTimeoutMs());
      await(command, charge, commands.start(deadlines.forMillis(timeout), command));
    } catch (RuntimeException e) {
      // A bug in one command must not silence the session: its reply says so, and the log.
      fail(command, charge, e);
    }
  }

  private <T> void await(Command command, long charge, Started<T> started) {
    CompletableFuture<T> _ =
        started.result().whenComplete(new Answer<>(command, charge, started.writer()));
  }

  private void fail(Command command, long charge, RuntimeException failure) {
    new Answer<>(command, charge, (reply, none) -> {}).accept(null, failure);
  }

  /// Sends what is ready as long as the caller reads; the rest stays in the queue, and counts.
  private boolean sendAnswers() {
    boolean sent = false;
    while (call.isReady() && somethingToSay()) {
      SessionResponse.Builder response = SessionResponse.newBuilder();
      Welcome first = welcome;
      if (!welcomed && first != null) {
        welcomed = true;
        response.setWelcome(first);
      }
      response.setPong(pong);
      pong = 0;
      int bytes = 0;
      Answer<?> next = answered.poll();
      while (next != null) {
        Reply reply = next.reply();
        response.addReplies(reply);
        inFlight--;
        inFlightBytes -= next.charge;
        answeredBytes.addAndGet(-next.size);
        if (next.failure == null) {
          readSizes.answered(next.command, next.size);
        }
        bytes += reply.getSerializedSize();
        next = bytes < RESPONSE_BYTES ? answered.poll() : null;
      }
      call.onNext(response.build());
      sent = true;
    }
    return sent;
  }

  private boolean somethingToSay() {
    // The welcome comes first: a client may rely on it.
    return welcomed ? pong != 0 || !answered.isEmpty() : welcome != null;
  }

  /// A command's place in the session: completed on any thread, written in a turn.
  private final class Answer<T> implements BiConsumer<@Nullable T, @Nullable Throwable> {
    private final Command command;
    private final long charge;
    private long size;
    private final BiConsumer<Reply.Builder, T> writer;
    private @Nullable T result;
    private @Nullable Throwable failure;

    Answer(Command command, long charge, BiConsumer<Reply.Builder, T> writer) {
      this.command = command;
      this.charge = charge;
      this.writer = writer;
    }

    @Override
    public void accept(@Nullable T value, @Nullable Throwable problem) {
      result = value;
      failure = problem;
      size = SessionCommands.sizeOf(value);
      answeredBytes.addAndGet(size);
      // The queue publishes both.
      answered.add(this);
      askForTurn();
    }

    Reply reply() {
      Reply.Builder reply = Reply.newBuilder().setId(command.getId());
      if (result != null && failure == null) {
        writer.accept(reply, result);
      } else {
        Throwable problem =
            failure != null ? failure : new IllegalStateException("an answer without a result");
        reply.setFailure(Problem.of(problem).asFailure());
      }
      return reply.build();
    }
  }
}
