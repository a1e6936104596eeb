package dengine.client;

import com.google.protobuf.ByteString;
import dengine.api.Bytes;
import dengine.api.ClusterUnavailableException;
import dengine.api.CompactedException;
import dengine.api.DEngineException;
import dengine.api.InvalidRequestException;
import dengine.api.RateLimitedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.api.spi.BufferedWatch;
import dengine.proto.v1.WatchKeysRequest;
import dengine.proto.v1.WatchKeysResponse;
import dengine.proto.v1.WatchKeysResponse.Begun;
import dengine.proto.v1.WatchKeysResponse.Canceled;
import dengine.proto.v1.WatchKeysResponse.Removed;
import dengine.proto.v1.WatchKeysResponse.Stored;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One watch, at one server after the other. Whatever breaks, it goes on elsewhere from the last
/// revision it told, and leaves out what it told of that one already; when no server has the
/// history for that any more, it ends and says so.
///
/// Events that the application does not take fast enough are not fetched: the stream is given up,
/// and asked for again from where it was when there is room, so that it holds up no other watch on
/// the same connection.
///
/// Owned by the client's event loop, but for the buffer.
final class RemoteWatch implements BufferedWatch.Source {

  /// Events that wait for the application unless it says otherwise.
  private static final int BUFFER_SIZE = 256;

  private static final long BUFFER_BYTES = 16L << 20;
  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int MAX_DOUBLINGS = 6;

  private final Watchers owner;
  private final ClientLoop loop;
  private final WatchKeysRequest what;
  private final WatchOptions options;
  private final Duration deadline;
  private final CompletableFuture<Watch> begun = new CompletableFuture<>();
  private final Told told = new Told();
  private final Refused refused = new Refused();
  private @Nullable BufferedWatch watch;
  private @Nullable WatchCall call;
  private @Nullable Future<?> retry;
  private @Nullable Future<?> expiry;
  private int failures;

  /// Waits for the application to take some.
  private boolean paused;

  private boolean tooSlow;

  private boolean over;
  private DEngineException last = new ClusterUnavailableException("no server was asked in time");

  RemoteWatch(
      Watchers owner,
      ClientLoop loop,
      WatchKeysRequest what,
      WatchOptions options,
      Duration deadline) {
    this.owner = owner;
    this.loop = loop;
    this.what = what;
    this.options = options;
    this.deadline = deadline;
  }

  /// The watch, as soon as a server has begun it. Any thread.
  CompletableFuture<Watch> begun() {
    return begun;
  }

  /// On the loop, once.
  void start() {
    expiry = loop.schedule(this::expire, deadline.toNanos());
    attempt();
  }

  private void expire() {
    WatchCall present = call;
    if (watch == null && !over && present != null) {
      owner.failed(present.address);
    }
    if (watch == null && !over && refused.byAny()) {
      giveUp(); // the others did not answer in time
    } else if (watch == null && !over) {
      fail(
          last instanceof RateLimitedException
              ? last
              : new ClusterUnavailableException(
                  "no server began the watch within "
                      + deadline.toMillis()
                      + " ms; the last said: "
                      + last.getMessage(),
                  last));
    }
  }

  private void attempt() {
    retry = null;
    if (over || paused) {
      return;
    }
    List<String> servers = owner.servers();
    if (servers.isEmpty()) {
      again(new ClusterUnavailableException("no server is known"));
      return;
    }
    WatchCall fresh = new WatchCall(owner, loop, servers.get(0), this);
    call = fresh;
    fresh.start(
        what.toBuilder()
            .setPreviousValues(options.previousValues())
            .setBufferSize(options.bufferSize())
            .setFromRevision(watch == null ? options.fromRevision() : told.from())
            .build());
  }

  /// The server of the present call said something.
  void said(WatchCall from, WatchKeysResponse message) {
    if (from != call || over) {
      return;
    }
    switch (message.getEventCase()) {
      case BEGUN -> begins(from, message.getBegun());
      case STORED -> {
        Stored put = message.getStored();
        tell(
            new WatchEvent.Put(
                put.getRevision(),
                bytes(put.getKey()),
                bytes(put.getValue()),
                put.hasPrevious() ? Optional.of(bytes(put.getPrevious())) : Optional.empty()));
      }
      case REMOVED -> {
        Removed gone = message.getRemoved();
        tell(
            new WatchEvent.Delete(
                gone.getRevision(),
                bytes(gone.getKey()),
                gone.hasPrevious() ? Optional.of(bytes(gone.getPrevious())) : Optional.empty(),
                gone.getExpired()));
      }
      case PROGRESS -> progress(message.getProgress().getRevision());
      case CANCELED -> canceled(from, message.getCanceled());
      case EVENT_NOT_SET -> {
        // Something newer than this client.
      }
    }
  }

  private void begins(WatchCall from, Begun first) {
    if (!owner.belongs(from.address, first.getClusterId())) {
      owner.failed(from.address);
      again(new ClusterUnavailableException(from.address + " belongs to another cluster"));
      return;
    }
    owner.served(from.address);
    failures = 0;
    refused.clear();
    if (watch != null) {
      return;
    }
    told.begin(first.getRevision());
    int size = options.bufferSize() == 0 ? BUFFER_SIZE : options.bufferSize();
    BufferedWatch made =
        new BufferedWatch(first.getRevision(), size, BUFFER_BYTES, this::deliver, this);
    watch = made;
    if (!begun.complete(made)) {
      made.close(); // whoever asked for it has given up
    }
  }

  private void tell(WatchEvent.Change change) {
    BufferedWatch present = watch;
    if (present == null || !told.isNew(change)) {
      return;
    }
    if (present.offer(change)) {
      told.add(change);
    } else {
      paused = true;
      tooSlow = true;
      hangUp();
    }
  }

  private void progress(long revision) {
    BufferedWatch present = watch;
    if (present != null && told.progress(revision)) {
      tooSlow = false;
      present.offer(new WatchEvent.Progress(revision));
    }
  }

  /// The server ended it. What was lost on the way to a slow reader may still be in its history;
  /// what it never had, another server may have.
  private void canceled(WatchCall from, Canceled end) {
    if (end.getReason() == Canceled.Reason.REASON_COMPACTED) {
      refused.by(from.address, end.getOldestRevision(), end.getMessage());
      if (refused.byAll(owner.servers())) {
        giveUp();
        return;
      }
      owner.failed(from.address);
    } else {
      tooSlow = true;
    }
    again(new ClusterUnavailableException(end.getMessage()));
  }

  private void giveUp() {
    BufferedWatch present = watch;
    if (present == null) {
      fail(new CompactedException(refused.oldest(), refused.message()));
      return;
    }
    Reason reason = tooSlow ? Reason.BUFFER_OVERFLOW : Reason.COMPACTED;
    end();
    present.cancel(
        new WatchEvent.Canceled(told.complete(), reason, refused.oldest(), refused.message()));
  }

  /// The call broke.
  void broke(WatchCall from, StatusRuntimeException status) {
    if (from != call || over) {
      return;
    }
    DEngineException why = Refusals.exception(status, false);
    if (why instanceof InvalidRequestException && watch == null) {
      fail(why);
      return;
    }
    owner.failed(from.address);
    refused.silent(from.address);
    if (refused.byAll(owner.servers())) {
      giveUp();
      return;
    }
    again(why);
  }

  private void again(DEngineException why) {
    if (!(last instanceof RateLimitedException) || why instanceof RateLimitedException) {
      last = why; // that a bound was reached says more than that another server is not there
    }
    hangUp();
    long most = FIRST_WAIT_NANOS << Math.min(failures, MAX_DOUBLINGS);
    failures++;
    retry = loop.schedule(this::attempt, most / 2 + loop.random(most / 2 + 1));
  }

  private void fail(DEngineException why) {
    end();
    begun.completeExceptionally(why);
  }

  /// The client is closed.
  void stop(DEngineException why) {
    BufferedWatch present = watch;
    if (over) {
      return;
    }
    end();
    if (present == null) {
      begun.completeExceptionally(why);
    } else {
      present.cancel(
          new WatchEvent.Canceled(
              told.complete(), Reason.STOPPED, 0, String.valueOf(why.getMessage())));
    }
  }

  private void end() {
    over = true;
    hangUp();
    cancel(retry);
    cancel(expiry);
    owner.ended(this);
  }

  private static void cancel(@Nullable Future<?> planned) {
    if (planned != null) {
      planned.cancel(false);
    }
  }

  private void hangUp() {
    WatchCall present = call;
    if (present != null) {
      call = null;
      present.close();
    }
  }

  @Override
  public void hasRoom() {
    onLoop(
        () -> {
          if (paused && !over) {
            paused = false;
            attempt();
          }
        });
  }

  @Override
  public void closed() {
    onLoop(
        () -> {
          if (!over) {
            end();
          }
        });
  }

  /// Where events are told. What waits when the client is closed, the last one too, may be asked
  /// for later: then on the thread that asks.
  private void deliver(Runnable telling) {
    try {
      loop.execute(telling);
    } catch (RejectedExecutionException closed) {
      telling.run();
    }
  }

  private void onLoop(Runnable step) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException closed) {
      // The client is closed: nothing is told any more.
    }
  }

  private static Bytes bytes(ByteString wire) {
    return Bytes.wrap(wire.toByteArray());
  }
}
