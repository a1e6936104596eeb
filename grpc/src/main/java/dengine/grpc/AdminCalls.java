package dengine.grpc;

import dengine.api.Admin;
import dengine.api.ClusterMembership;
import dengine.api.RateLimitedException;
import dengine.api.Snapshot;
import dengine.proto.v1.SaveSnapshotResponse;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Answers operators. What they ask for may take long, so each call has a virtual thread of its own
/// and the network's threads wait for none; how many there may be is bounded.
///
/// Any thread.
final class AdminCalls implements AutoCloseable {

  /// Most changes under way: each waits until it is done.
  static final int MAX_CHANGES = 64;

  /// Most other calls under way, which wait for nothing: however much is being changed, operators
  /// can see it.
  static final int MAX_LOOKS = 256;

  /// Most callers who wait for a snapshot: however many there are, few are written.
  static final int MAX_SNAPSHOTS = 16;

  /// Longest time anybody may wait for a snapshot.
  static final Duration LONGEST_SNAPSHOT = Duration.ofDays(1);

  /// Most callers who watch the members.
  static final int MAX_WATCHES = 256;

  /// Most snapshots that are sent at a time: each holds its file open as long as it takes.
  static final int MAX_SAVES = 4;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final Admin admin;
  private final ServiceOptions options;
  private final Semaphore changes = new Semaphore(MAX_CHANGES);
  private final Semaphore looks = new Semaphore(MAX_LOOKS);
  private final Semaphore snapshots = new Semaphore(MAX_SNAPSHOTS);
  private final Semaphore saves = new Semaphore(MAX_SAVES);
  private final WatchStreams<ClusterMembership> watches;

  AdminCalls(Admin admin, ServiceOptions options) {
    this.admin = admin;
    this.options = options;
    this.watches =
        new WatchStreams<>(
            MAX_WATCHES, "the members", admin::watchMembership, _ -> false, Optional::empty);
  }

  /// Starts an operation and answers with what it gives, or with what went wrong.
  ///
  /// @param operation gets an admin with the time the caller has left
  <T, R> void answer(StreamObserver<R> caller, Function<Admin, T> operation, Function<T, R> body) {
    answer(caller, changes, operation, body);
  }

  /// The same for an operation that changes nothing.
  <T, R> void look(StreamObserver<R> caller, Function<Admin, T> operation, Function<T, R> body) {
    answer(caller, looks, operation, body);
  }

  private <T, R> void answer(
      StreamObserver<R> caller,
      Semaphore permits,
      Function<Admin, T> operation,
      Function<T, R> body) {
    if (caller instanceof ServerCallStreamObserver<R> call) {
      // Without one, answering a caller that has gone away would throw.
      call.setOnCancelHandler(() -> {});
    }
    Admin within = admin.withDeadline(timeLeft());
    start(
        caller,
        permits,
        () -> {
          R response = body.apply(operation.apply(within));
          caller.onNext(response);
          caller.onCompleted();
        });
  }

  /// Takes a snapshot. How long that takes depends on how much there is, so the limit of ordinary
  /// calls is not for it: it ends when it is done, at the caller's deadline, or when he goes away.
  <R> void snapshot(StreamObserver<R> caller, Function<Snapshot, R> body) {
    Deadline deadline = Context.current().getDeadline();
    long left =
        deadline == null
            ? LONGEST_SNAPSHOT.toNanos()
            : Math.clamp(
                deadline.timeRemaining(TimeUnit.NANOSECONDS), 1, LONGEST_SNAPSHOT.toNanos());
    Admin within = admin.withDeadline(Duration.ofNanos(left));
    Thread thread =
        prepare(
            caller,
            snapshots,
            () -> {
              R response = body.apply(within.createSnapshot());
              caller.onNext(response);
              caller.onCompleted();
            });
    if (thread == null) {
      return;
    }
    if (caller instanceof ServerCallStreamObserver<R> call) {
      // Nobody waits any more, and the place is somebody else's. The snapshot itself goes on.
      call.setOnCancelHandler(thread::interrupt);
    }
    thread.start();
  }

  /// Tells the members and every change of them, until either side ends it.
  <R> void watch(StreamObserver<R> caller, Function<ClusterMembership, R> body) {
    watches.open(caller, body);
  }

  /// Sends a snapshot.
  void save(StreamObserver<SaveSnapshotResponse> caller) {
    if (!(caller instanceof ServerCallStreamObserver<SaveSnapshotResponse> call)) {
      throw new IllegalArgumentException("not a server's call: " + caller);
    }
    PieceStream pieces = new PieceStream(call, options.maxDeadline());
    start(
        caller,
        saves,
        () -> {
          try {
            pieces.finish(admin.saveSnapshot(pieces));
          } catch (IOException e) {
            caller.onError(Status.CANCELLED.withDescription(e.getMessage()).asRuntimeException());
          }
        });
  }

  private <R> void start(StreamObserver<R> caller, Semaphore permits, Runnable work) {
    Thread thread = prepare(caller, permits, work);
    if (thread != null) {
      thread.start();
    }
  }

  /// @return what does it when it is started, or null if the caller was refused
  private <R> @Nullable Thread prepare(StreamObserver<R> caller, Semaphore permits, Runnable work) {
    if (!permits.tryAcquire()) {
      refuse(caller, "calls of operators");
      return null;
    }
    return Thread.ofVirtual()
        .unstarted(
            () -> {
              try {
                work.run();
              } catch (StatusRuntimeException passedOn) {
                caller.onError(passedOn);
              } catch (RuntimeException failure) {
                caller.onError(Problem.of(failure).asDetailedStatus());
              } finally {
                permits.release();
              }
            });
  }

  private static void refuse(StreamObserver<?> caller, String what) {
    caller.onError(
        Problem.of(new RateLimitedException("too many: " + what, RETRY_AFTER)).asDetailedStatus());
  }

  private Duration timeLeft() {
    Deadline deadline = Context.current().getDeadline();
    return deadline == null
        ? options.defaultDeadline()
        : options.capped(Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)));
  }

  /// Ends what watches; everything else ends by itself within its deadline, or with the node.
  @Override
  public void close() {
    watches.close();
  }
}
