package dengine.client;

import dengine.api.ClosedException;
import dengine.api.ClusterUnavailableException;
import dengine.api.DEngineException;
import dengine.api.MembershipChangeRefusedException;
import dengine.api.MembershipChangeRefusedException.Reason;
import dengine.api.NotLeaderException;
import dengine.api.OutcomeUnknownException;
import dengine.api.RateLimitedException;
import dengine.api.RejectedException;
import dengine.proto.v1.AdminGrpc;
import dengine.proto.v1.AdminGrpc.AdminBlockingStub;
import dengine.proto.v1.ClusterMember;
import dengine.proto.v1.ListMembersRequest;
import dengine.proto.v1.Membership;
import dengine.proto.v1.StatusRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/// Finds the server for what an operator asks, and tries again what was refused, within a deadline.
/// Each attempt has a connection of its own: there are few, and what takes long must not share one
/// that is given up when the store's calls find it too slow.
///
/// Any thread but the loop's; blocks.
final class AdminServers {

  /// Longest time a server may take to say that it is there.
  private static final long PROBE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int MAX_DOUBLINGS = 5;
  private static final long LEAST_ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Routes routes;
  private final ClientLoop loop;
  private final AtomicInteger dials = new AtomicInteger();
  private final Set<ManagedChannel> open = ConcurrentHashMap.newKeySet();
  private final Set<ServerWatch<?>> watches = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  AdminServers(Routes routes, ClientLoop loop) {
    this.routes = routes;
    this.loop = loop;
  }

  private interface Question<T> {

    /// @param deadline end of the call, in terms of [ClientLoop#nanoTime]
    T ask(AdminBlockingStub server, long deadline);
  }

  /// Asks until a server answers. It may be asked again at will.
  <T> T look(Duration timeout, Function<AdminBlockingStub, T> question) {
    return call(timeout, false, (server, end) -> question.apply(within(server, end, PROBE_NANOS)));
  }

  /// Asks a server to do something, and never again once it may have begun (rule A1).
  <T> T change(Duration timeout, Function<AdminBlockingStub, T> question) {
    return call(
        timeout, true, (server, end) -> question.apply(within(server, end, Long.MAX_VALUE)));
  }

  /// The same for what takes as long as it takes, and may be asked again.
  <T> T open(Duration timeout, Function<AdminBlockingStub, T> question) {
    return call(timeout, false, (server, end) -> question.apply(server));
  }

  private AdminBlockingStub within(AdminBlockingStub server, long end, long most) {
    long left = Math.max(1, Math.min(most, end - loop.nanoTime()));
    return server.withDeadlineAfter(left, TimeUnit.NANOSECONDS);
  }

  /// A server first has to say who the members are: so a refused connection is not taken for an
  /// unknown outcome, and the leader is found, whose answers are the newest.
  private <T> T call(Duration timeout, boolean change, Question<T> question) {
    Attempts attempts = new Attempts(timeout);
    while (true) {
      ManagedChannel channel = null;
      boolean there = false;
      boolean late = false;
      try {
        String address = attempts.next();
        channel = dial(address, attempts.end);
        requireOurs(channel, address, attempts.end);
        AdminBlockingStub server = AdminGrpc.newBlockingStub(channel);
        Membership known =
            within(server, attempts.end, PROBE_NANOS)
                .listMembers(ListMembersRequest.getDefaultInstance());
        there = true;
        if (attempts.isBetterAskedElsewhere(known)) {
          continue;
        }
        late = change && attempts.isTooLateForAnother();
        if (!late) {
          return question.ask(server, attempts.end);
        }
      } catch (StatusRuntimeException ended) {
        attempts.failed(Refusals.exception(ended, change && there));
      } catch (ClusterUnavailableException | RateLimitedException unreachable) {
        attempts.failed(unreachable);
      } finally {
        if (channel != null) {
          hangUp(channel);
        }
      }
      if (late) {
        throw attempts.expired();
      }
      attempts.pause();
    }
  }

  /// Makes sure that a server belongs to the cluster of the first server that answered: what an
  /// operator wants for one must not happen to another.
  ///
  /// @throws ClusterUnavailableException if it does not, or does not say
  void requireOurs(ManagedChannel channel, String address, long end) {
    long clusterId;
    try {
      clusterId =
          within(AdminGrpc.newBlockingStub(channel), end, PROBE_NANOS)
              .status(StatusRequest.getDefaultInstance())
              .getClusterId();
    } catch (StatusRuntimeException e) {
      throw Refusals.exception(e, false);
    }
    if (!await(routes.ask(all -> all.belongs(address, clusterId)), end)) {
      throw new ClusterUnavailableException(
          address
              + " belongs to cluster "
              + Long.toHexString(clusterId)
              + ", the servers that answered before it to another: give the addresses of one"
              + " cluster only");
    }
  }

  /// Connects to a server; [#hangUp] ends it.
  ManagedChannel dial(String address, long end) {
    CompletableFuture<ManagedChannel> dialled = new CompletableFuture<>();
    loop.dial(
        address,
        dials.getAndIncrement(),
        channel -> {
          if (!dialled.complete(channel)) {
            channel.shutdownNow();
          }
        },
        why -> dialled.completeExceptionally(new ClusterUnavailableException(why)));
    ManagedChannel channel = await(dialled, end);
    open.add(channel);
    if (closed) {
      hangUp(channel);
      throw new ClosedException("the client");
    }
    return channel;
  }

  void hangUp(ManagedChannel channel) {
    open.remove(channel);
    channel.shutdownNow();
  }

  /// Where servers are at present, the most promising first.
  List<String> addresses(long end) {
    return await(routes.ask(Routes::byPromise), end);
  }

  private <T> T await(CompletableFuture<T> future, long end) {
    try {
      return future.get(Math.max(1, end - loop.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      future.cancel(false);
      throw new ClusterUnavailableException("no server was found in time", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof DEngineException known
          ? known
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static ClusterUnavailableException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new ClusterUnavailableException("interrupted while waiting for a server", e);
  }

  /// Waits for a while that grows with the number of failures.
  void backOff(int failures, long end) throws InterruptedException {
    long most = FIRST_WAIT_NANOS << Math.min(failures, MAX_DOUBLINGS);
    long wait = most / 2 + loop.random(most / 2 + 1);
    TimeUnit.NANOSECONDS.sleep(Math.max(0, Math.min(wait, end - loop.nanoTime())));
  }

  ClientLoop loop() {
    return loop;
  }

  void requireForeignThread() {
    if (loop.runsHere()) {
      throw new IllegalStateException(
          "a blocking call in a callback would wait for itself; make it on another thread");
    }
  }

  /// Keeps a watch until it is closed.
  void started(ServerWatch<?> watch) {
    watches.add(watch);
    if (closed) {
      watch.close();
    }
  }

  void ended(ServerWatch<?> watch) {
    watches.remove(watch);
  }

  /// Ends what is under way; the loop is closed afterwards.
  void close() {
    closed = true;
    watches.forEach(ServerWatch::close);
    open.forEach(this::hangUp);
  }

  /// One call's way from server to server.
  private final class Attempts {

    private final Duration timeout;
    private final long end;

    /// Asked in this round of all servers.
    private final Set<String> tried = new HashSet<>();

    private int failures;
    private String current = "";
    private String hinted = "";
    private boolean atOnce;

    /// Whether the leader was looked for.
    private boolean searched;

    private DEngineException last = new ClusterUnavailableException("no server was asked in time");

    Attempts(Duration timeout) {
      requireForeignThread();
      this.timeout = timeout;
      this.end = loop.nanoTime() + timeout.toNanos();
    }

    String next() {
      current = hinted;
      hinted = "";
      if (current.isEmpty()) {
        List<String> all = addresses(end);
        current =
            all.stream()
                .filter(address -> !tried.contains(address))
                .findFirst()
                .orElseGet(
                    () -> {
                      tried.clear();
                      searched = true;
                      return all.get(0);
                    });
      }
      tried.add(current);
      return current;
    }

    /// Whether there is a server that may know more than the one that just said who the members
    /// are; it is asked next. One that knows no leader may be no member any more. Everybody is
    /// asked for the leader once at most, and the leader is gone to once.
    boolean isBetterAskedElsewhere(Membership known) {
      if (searched) {
        return false;
      }
      int leader = known.getLeaderId();
      if (leader == 0) {
        searched = tried.containsAll(addresses(end));
        return !searched;
      }
      searched = true;
      String address =
          known.getMembersList().stream()
              .filter(member -> member.getId() == leader)
              .map(ClusterMember::getAddress)
              .findFirst()
              .orElse("");
      String there = locate(leader, address);
      if (there.isEmpty() || there.equals(current)) {
        return false;
      }
      hinted = there;
      return true;
    }

    private String locate(int leader, String address) {
      return await(routes.ask(all -> all.locate(leader, address)), end);
    }

    /// Throws what must not be tried again.
    void failed(DEngineException failure) {
      // An attempt that only the end of the time ended says less than the one before it.
      if (failures == 0 || end - loop.nanoTime() > 0) {
        last = failure;
      }
      failures++;
      atOnce = false;
      if (closed) {
        throw failure instanceof OutcomeUnknownException
            ? failure
            : new ClosedException("the client");
      }
      if (failure instanceof NotLeaderException refusal) {
        hinted = locate(refusal.leaderId().orElse(0), refusal.leaderAddress().orElse(""));
        // Two that name each other must not be asked in turns as fast as they answer.
        atOnce = failures == 1 && !hinted.isEmpty();
        return;
      }
      if (failure instanceof MembershipChangeRefusedException refusal
          && refusal.reason() == Reason.CHANGE_IN_PROGRESS) {
        // The same server knows best when it is over.
        hinted = current;
        return;
      }
      if (!(failure instanceof RateLimitedException)
          && !(failure instanceof ClusterUnavailableException)) {
        throw failure;
      }
    }

    /// A change that was refused is not asked for again when the answer may not come in time: it is
    /// known why it was not made, and would then be unknown whether it was.
    boolean isTooLateForAnother() {
      long least = Math.min(LEAST_ANSWER_NANOS, timeout.toNanos() / 4);
      return failures > 0 && end - loop.nanoTime() < least;
    }

    void pause() {
      try {
        if (!atOnce) {
          backOff(failures, end);
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
      if (Thread.currentThread().isInterrupted() || end - loop.nanoTime() <= 0) {
        throw expired();
      }
    }

    private RejectedException expired() {
      if (last instanceof MembershipChangeRefusedException refusal) {
        return refusal;
      }
      return last instanceof RateLimitedException refusal
          ? refusal
          : new ClusterUnavailableException(
              "no server did it within "
                  + timeout.toMillis()
                  + " ms; the last said: "
                  + last.getMessage(),
              last);
    }
  }
}
