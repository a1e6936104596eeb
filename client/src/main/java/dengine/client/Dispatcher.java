package dengine.client;

import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.RejectedException;
import dengine.proto.v1.Reply;
import dengine.proto.v1.Welcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Brings calls to servers and back: finds the leader, tries again what was refused, ends what is
/// late.
///
/// Everything but [#submit] and [#close] runs on one event loop, which owns all state.
final class Dispatcher implements Endpoint.Owner {

  private static final long CLOSE_MILLIS = 1000;
  private static final long MIN_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int MAX_RETRY_DOUBLINGS = 3;

  private final ClientOptions options;
  private final ClientLoop loop;
  private final Routes routes;
  private final Discovery discovery;
  private final Queue<Call<?>> submitted = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicLong bytesUnderWay = new AtomicLong();

  /// Calls that no server can take at present, or that were refused a moment ago.
  private final Deque<Call<?>> waiting = new ArrayDeque<>();

  private @Nullable Future<?> retry;
  private long retryAt;
  private @Nullable Future<?> sweep;
  private long sweepAt;
  private boolean closed;

  Dispatcher(List<String> addresses, ClientOptions options, ClientLoop loop) {
    this.options = options;
    this.loop = loop;
    this.routes = new Routes(options, loop, this);
    Duration every = options.discovery();
    this.discovery =
        new Discovery(routes, loop, every, () -> submit(Operations.members(), options.deadline()));
    loop.execute(() -> addresses.forEach(routes::configured));
  }

  /// Starts a call; any thread.
  <T> CompletableFuture<T> submit(Operation<T> operation, Duration timeout) {
    Call<T> call = new Call<>(operation, timeout, loop.nanoTime());
    int calls = underWay.incrementAndGet();
    long bytes = bytesUnderWay.addAndGet(call.size);
    if (calls > options.maxInFlight()
        || (bytes > options.maxInFlightBytes() && bytes > call.size)) {
      fail(call, overloaded(calls, bytes));
      return call.result;
    }
    submitted.add(call);
    if (closing.get() || !schedule()) {
      // The loop may be gone; whoever takes it out of the queue answers it.
      failSubmitted();
    }
    return call.result;
  }

  private RateLimitedException overloaded(int calls, long bytes) {
    return new RateLimitedException(
        "this client has "
            + calls
            + " calls of "
            + bytes
            + " bytes under way, permitted: "
            + options.maxInFlight()
            + " calls, "
            + options.maxInFlightBytes()
            + " bytes",
        Duration.ofMillis(10));
  }

  /// Whether this is the thread that must not wait for an answer, since it brings it.
  boolean isOwnThread() {
    return loop.runsHere();
  }

  /// For those who ask servers on connections of their own.
  Routes routes() {
    return routes;
  }

  /// Calls that have not ended. Any thread.
  int underWay() {
    return underWay.get();
  }

  private boolean schedule() {
    if (scheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this::takeSubmitted);
      } catch (RejectedExecutionException e) {
        return false;
      }
    }
    return true;
  }

  private void takeSubmitted() {
    scheduled.set(false);
    Call<?> call = submitted.poll();
    while (call != null) {
      if (closed) {
        fail(call, Call.closed());
      } else {
        sweepBy(call.deadline);
        route(call);
      }
      call = submitted.poll();
    }
    flushAll();
  }

  private void failSubmitted() {
    Call<?> call = submitted.poll();
    while (call != null) {
      fail(call, Call.closed());
      call = submitted.poll();
    }
  }

  private void route(Call<?> call) {
    Endpoint endpoint = routes.pick(call.operation.kind()).orElse(null);
    if (endpoint == null) {
      waiting.add(call);
      return;
    }
    Optional<InvalidRequestException> refusal = endpoint.refusal(call);
    if (refusal.isPresent()) {
      fail(call, refusal.get());
    } else {
      endpoint.send(call);
    }
  }

  private void flushAll() {
    for (Endpoint endpoint : routes.all()) {
      endpoint.flush();
    }
  }

  @Override
  public boolean belongs(Endpoint endpoint, Welcome welcome) {
    return routes.belongs(endpoint.address, welcome.getClusterId());
  }

  @Override
  public void ready(Endpoint endpoint, Welcome welcome) {
    routes.welcome(welcome);
    discovery.start();
    routeWaiting();
  }

  @Override
  public void abandoned(Call<?> call) {
    release(call);
  }

  @Override
  public void settled() {
    flushAll();
  }

  @Override
  public void replied(Endpoint endpoint, Call<?> call, Reply reply) {
    if (reply.getResultCase() == Reply.ResultCase.FAILURE) {
      failed(endpoint, call, Refusals.exception(reply.getFailure(), call.operation.isWrite()));
      return;
    }
    if (call.operation.kind() != Operation.Kind.ANY_READ) {
      routes.leads(endpoint);
    }
    succeed(call, reply);
  }

  private <T> void succeed(Call<T> call, Reply reply) {
    T value;
    try {
      value = call.operation.reader().apply(reply);
    } catch (IllegalArgumentException e) {
      String why = "the server's answer makes no sense: " + e.getMessage();
      fail(
          call,
          call.operation.isWrite()
              ? new OutcomeUnknownException(why, e)
              : new ClusterUnavailableException(why, e));
      return;
    }
    release(call);
    call.result.complete(value);
  }

  /// Rule A1: what certainly was not done may be tried again, anything else is the caller's
  /// decision.
  private void failed(Endpoint endpoint, Call<?> call, DEngineException failure) {
    if (failure instanceof NotLeaderException refusal) {
      boolean elsewhere =
          routes.follow(endpoint, refusal.leaderId().orElse(0), refusal.leaderAddress().orElse(""));
      call.refused(refusal);
      if (elsewhere && call.refusals == 1) {
        route(call);
      } else {
        tryLater(call, Duration.ZERO);
      }
    } else if (failure instanceof RateLimitedException refusal) {
      call.refused(refusal);
      tryLater(call, refusal.retryAfter());
    } else if (failure instanceof ClusterUnavailableException refusal) {
      routes.doubt(endpoint);
      call.refused(refusal);
      tryLater(call, Duration.ZERO);
    } else {
      if (!(failure instanceof RejectedException)) {
        routes.doubt(endpoint);
      }
      fail(call, failure);
    }
  }

  private void tryLater(Call<?> call, Duration atLeast) {
    long most = MIN_RETRY_NANOS << Math.min(call.refusals, MAX_RETRY_DOUBLINGS);
    long pause = most / 2 + loop.random(most / 2 + 1);
    call.notBefore = loop.nanoTime() + Math.max(pause, atLeast.toNanos());
    waiting.add(call);
    retryBy(call.notBefore);
  }

  private void retryBy(long at) {
    Future<?> planned = retry;
    if (planned == null || planned.isDone() || at - retryAt < 0) {
      if (planned != null) {
        planned.cancel(false);
      }
      retryAt = at;
      retry = loop.schedule(this::routeWaiting, at - loop.nanoTime());
    }
  }

  private void routeWaiting() {
    long now = loop.nanoTime();
    for (int number = waiting.size(); number > 0; number--) {
      Call<?> call = waiting.remove();
      if (call.result.isDone()) {
        abandoned(call);
      } else if (call.notBefore - now > 0) {
        waiting.add(call);
        retryBy(call.notBefore);
      } else {
        route(call);
      }
    }
    flushAll();
  }

  @Override
  public void suspected(Endpoint endpoint, List<Call<?>> movable) {
    routes.doubt(endpoint);
    again(movable);
  }

  @Override
  public void broken(Endpoint endpoint, List<Call<?>> unsent, List<Call<?>> sent, String why) {
    routes.doubt(endpoint);
    List<Call<?>> movable = new ArrayList<>(unsent);
    for (Call<?> call : sent) {
      if (call.operation.isWrite()) {
        fail(call, Call.broken(why));
      } else {
        movable.add(call);
      }
    }
    again(movable);
  }

  private void again(List<Call<?>> calls) {
    for (Call<?> call : calls) {
      call.sent = false;
      route(call);
    }
    flushAll();
  }

  private void sweepBy(long at) {
    if (sweep == null || at - sweepAt < 0) {
      Future<?> planned = sweep;
      if (planned != null) {
        planned.cancel(false);
      }
      sweepAt = at;
      sweep = loop.schedule(this::sweep, at - loop.nanoTime());
    }
  }

  /// Ends what is late, and comes back when the next call is due. Since deadlines are mostly alike,
  /// a timer per call would be waste: the earliest of those under way is far off nearly always.
  private void sweep() {
    sweep = null;
    long now = loop.nanoTime();
    long next = Long.MAX_VALUE;
    for (Endpoint endpoint : routes.all()) {
      next =
          Math.min(next, endpoint.sweep(now, call -> fail(call, call.expired(routes.troubles()))));
    }
    for (int number = waiting.size(); number > 0; number--) {
      Call<?> call = waiting.remove();
      if (call.deadline - now <= 0) {
        fail(call, call.expired(routes.troubles()));
      } else {
        waiting.add(call);
        next = Math.min(next, call.deadline - now);
      }
    }
    if (next != Long.MAX_VALUE) {
      sweepBy(now + next);
    }
    flushAll();
  }

  private void fail(Call<?> call, DEngineException failure) {
    release(call);
    call.result.completeExceptionally(failure);
  }

  /// Each call ends here, once, before its caller is told.
  private void release(Call<?> call) {
    underWay.decrementAndGet();
    bytesUnderWay.addAndGet(-call.size);
  }

  /// Fails what is under way, closes connections, ends the thread. Any thread; once is enough.
  void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    FutureTask<List<Endpoint>> done = new FutureTask<>(this::closeAll);
    loop.execute(done);
    if (loop.runsHere()) {
      loop.close();
      return;
    }
    try {
      for (Endpoint endpoint : done.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
        endpoint.awaitClosed(CLOSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      System.getLogger(Dispatcher.class.getName())
          .log(System.Logger.Level.WARNING, "closing the client did not go well", e);
    } catch (TimeoutException e) {
      // On a busy machine. The thread is a daemon and ends by itself.
      System.getLogger(Dispatcher.class.getName())
          .log(System.Logger.Level.DEBUG, "closing the client took longer than it should", e);
    }
    loop.close();
  }

  /// @return what is being closed, for another thread to wait for
  private List<Endpoint> closeAll() {
    closed = true;
    List<Endpoint> all = List.copyOf(routes.all());
    for (Endpoint endpoint : all) {
      endpoint.close().forEach(call -> fail(call, Call.closed()));
    }
    waiting.forEach(call -> fail(call, Call.closed()));
    waiting.clear();
    failSubmitted();
    return all;
  }
}
