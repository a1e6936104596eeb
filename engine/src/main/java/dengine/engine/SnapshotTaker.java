package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StateMachine;
import dengine.raft.Event;
import dengine.raft.Position;
import dengine.raft.Refusal;
import dengine.raft.SnapshotPoint;
import java.io.IOException;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Takes snapshots, when the policy says so or somebody asks, one at a time and in two phases: the
/// applier gives a view of the state between two batches, and this writes it on a thread of its
/// own.
///
/// Nothing that fails here stops the node: it goes on with the log that it has, and tries again
/// later, less and less often.
final class SnapshotTaker implements Applier.Progress {

  private static final Logger LOG = System.getLogger(SnapshotTaker.class.getName());
  private static final int MAX_DEMANDS = 1000;
  private static final long FIRST_RETRY = 1_000_000_000L;
  private static final long LAST_RETRY = 300_000_000_000L;

  private final int id;
  private final SnapshotStore store;
  private final SnapshotOptions options;
  private final Clock clock;
  private final Mailbox loop;
  private final SnapshotCounters counters;
  private final UnreadableSnapshots unreadable;
  private final Execution.Worker worker;

  private final ConcurrentLinkedQueue<CompletableFuture<Snapshot>> demands =
      new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingDemands = new AtomicInteger();
  private final ConcurrentLinkedQueue<StateView> answers = new ConcurrentLinkedQueue<>();

  /// From where on whoever applies wakes the worker.
  private volatile long wakeAtIndex = Long.MAX_VALUE;

  private volatile long wakeAtBytes = Long.MAX_VALUE;
  private volatile long appliedIndex;
  private volatile long appliedBytes;
  private volatile boolean tidies;
  private volatile boolean closing;

  // The worker's own.
  private final List<CompletableFuture<Snapshot>> served = new ArrayList<>();
  private final Backoff backoff = new Backoff(FIRST_RETRY, LAST_RETRY);
  private Consumer<Consumer<StateView>> views = _ -> {};
  private boolean asked;
  private boolean unsupported;
  private long lastIndex;
  private long lastBytes;
  private long lastAt;

  SnapshotTaker(
      String name,
      int id,
      SnapshotStore store,
      SnapshotOptions options,
      Clock clock,
      Execution execution,
      Mailbox loop,
      SnapshotCounters counters,
      UnreadableSnapshots unreadable) {
    this.id = id;
    this.store = store;
    this.options = options;
    this.clock = clock;
    this.loop = loop;
    this.counters = counters;
    this.unreadable = unreadable;
    this.lastAt = clock.nanoTime();
    this.worker = execution.worker(name, clock, this::round);
    unreadable.wakes(worker::wake);
    store.latest().ifPresent(this::noticeAtStart);
  }

  /// @param applier is asked for views
  void start(Consumer<Consumer<StateView>> applier) {
    views = applier;
    worker.start();
  }

  /// Takes one, unless the newest is as new as can be. The same one may answer several who ask.
  CompletableFuture<Snapshot> demand() {
    CompletableFuture<Snapshot> answer = new CompletableFuture<>();
    if (waitingDemands.incrementAndGet() > MAX_DEMANDS) {
      waitingDemands.decrementAndGet();
      answer.completeExceptionally(
          new NodeException.Refused(
              new Refusal.Overloaded(MAX_DEMANDS + " snapshots are asked for already")));
      return answer;
    }
    demands.add(answer);
    if (closing) {
      refuseDemands();
    } else {
      worker.wake();
    }
    return answer;
  }

  @Override
  public void applied(long index, long bytes) {
    appliedIndex = index;
    appliedBytes = bytes;
    if (index >= wakeAtIndex || bytes >= wakeAtBytes) {
      worker.wake();
    }
  }

  @Override
  public void installed() {
    tidies = true;
    worker.wake();
  }

  /// Gives up what is being written, and ends.
  void close() {
    closing = true;
    worker.close();
    refuseDemands();
    releaseViews();
  }

  private void noticeAtStart(Snapshot newest) {
    lastIndex = newest.point().position().index();
    long ageMillis = Math.max(0, clock.wallMillis() - newest.createdMillis());
    lastAt -= Math.min(ageMillis, Long.MAX_VALUE / 4_000_000) * 1_000_000;
  }

  private void answer(StateView view) {
    answers.add(view);
    if (closing) {
      releaseViews();
    } else {
      worker.wake();
    }
  }

  private long round() {
    Thread.interrupted(); // left behind by a callback, it would close the file
    if (closing) {
      fail(new NodeException.Stopped("the node has stopped", null));
      return Long.MAX_VALUE;
    }
    if (tidies) {
      tidies = false;
      tidyUp();
    }
    unreadable.readSuspected(() -> closing);
    @Nullable StateView view = answers.poll();
    if (view != null) {
      asked = false;
      finish(view);
    }
    if (asked) {
      return Long.MAX_VALUE;
    }
    noticeFetched();
    long now = clock.nanoTime();
    long next = watch(now);
    boolean due = isDue(now) || unreadable.containsNewest(appliedIndex);
    if (!demands.isEmpty() || (due && !unsupported && backoff.isOver(now))) {
      ask();
      return Long.MAX_VALUE;
    }
    return next;
  }

  /// A snapshot that came from somebody else is as good as one of our own.
  private void noticeFetched() {
    store
        .latest()
        .map(newest -> newest.point().position().index())
        .filter(index -> index > lastIndex)
        .ifPresent(index -> remember(index, appliedBytes));
  }

  private void remember(long index, long bytes) {
    lastIndex = index;
    lastBytes = bytes;
    lastAt = clock.nanoTime();
  }

  private boolean isDue(long now) {
    return options.policy().isDue(appliedIndex - lastIndex, appliedBytes - lastBytes, now - lastAt);
  }

  /// Says from where on this must be woken, **before** it looks how far the state machine is: what
  /// is applied in between is seen by one side at least. Returns when to look again.
  private long watch(long now) {
    if (unsupported || !backoff.isOver(now)) {
      wakeAtIndex = Long.MAX_VALUE;
      wakeAtBytes = Long.MAX_VALUE;
      return unsupported ? Long.MAX_VALUE : backoff.until(now);
    }
    SnapshotPolicy policy = options.policy();
    long age = policy.maxAgeNanos();
    boolean aged = age != Long.MAX_VALUE && now - lastAt >= age;
    wakeAtIndex = lastIndex + (aged ? 1 : Math.min(policy.maxEntries(), Long.MAX_VALUE / 2));
    wakeAtBytes = lastBytes + Math.min(policy.maxBytes(), Long.MAX_VALUE / 2);
    return age == Long.MAX_VALUE || aged ? Long.MAX_VALUE : lastAt + age;
  }

  private void ask() {
    asked = true;
    wakeAtIndex = Long.MAX_VALUE;
    wakeAtBytes = Long.MAX_VALUE;
    for (CompletableFuture<Snapshot> next = demands.poll(); next != null; next = demands.poll()) {
      waitingDemands.decrementAndGet();
      served.add(next);
    }
    views.accept(this::answer);
  }

  private void finish(StateView view) {
    switch (view) {
      case StateView.Failed(Throwable cause) -> failed(cause);
      case StateView.Taken taken when taken.view().isEmpty() -> {
        unsupported = true;
        refuse("this state machine takes no snapshots");
      }
      case StateView.Taken taken -> {
        try (StateMachine.View state = taken.view().orElseThrow()) {
          finish(taken, state);
        } catch (IOException | RuntimeException | Error failure) {
          failed(failure);
        }
      }
    }
  }

  private void finish(StateView.Taken taken, StateMachine.View view) throws IOException {
    Optional<SnapshotPoint> point = taken.point();
    if (point.isEmpty()) {
      if (served.isEmpty()) {
        backoff.failed(clock.nanoTime()); // nothing is wrong, but it need not look all the time
      }
      refuse("nothing that a snapshot could hold has been applied");
      return;
    }
    Optional<Snapshot> newest = store.latest();
    if (newest.isPresent() && isEnough(newest.get(), point.get().position())) {
      complete(newest.get());
      return;
    }
    Snapshot written = write(point.get(), view, taken.totalBytes());
    backoff.succeeded();
    unreadable.remove(point.get().position());
    remember(point.get().position().index(), taken.totalBytes());
    loop.tell(new Event.SnapshotTaken(point.get(), taken.keepFrom()), false);
    complete(written);
    giveUpOlder(Math.max(appliedIndex, point.get().position().index()));
  }

  private boolean isEnough(Snapshot newest, Position wanted) {
    long index = newest.point().position().index();
    return index > wanted.index() || (index == wanted.index() && !unreadable.contains(newest));
  }

  /// Not while one that was fetched is yet to be installed: there may be two of them, and the state
  /// machine is given the first (rule C6).
  ///
  /// @param reached what the state machine has come to at least
  private void giveUpOlder(long reached) {
    boolean installed =
        store.latest().filter(it -> it.point().position().index() <= reached).isPresent();
    if (installed) {
      store.retain(options.retainCount());
    }
  }

  private void tidyUp() {
    try {
      giveUpOlder(appliedIndex);
    } catch (RuntimeException failure) {
      LOG.log(
          Logger.Level.WARNING,
          () -> "node=" + id + " event=retain-failed cause=\"" + failure + "\"");
    }
  }

  /// @param bytes that were applied up to `point`
  private Snapshot write(SnapshotPoint point, StateMachine.View view, long bytes)
      throws IOException {
    long start = clock.nanoTime();
    Snapshot written;
    try (SnapshotStore.Writing writing = store.create(point)) {
      view.writeTo(
          new PacedStream(
              writing.stream(),
              options.writeBytesPerSecond(),
              clock,
              () -> wanted(point.position().index(), bytes)));
      written = writing.finish();
    }
    long millis = (clock.nanoTime() - start) / 1_000_000;
    counters.taken.increment();
    counters.lastBytes = written.bytes();
    counters.lastMillis = millis;
    LOG.log(
        Logger.Level.INFO,
        () ->
            "node=%d event=snapshot-taken index=%d bytes=%d millis=%d"
                .formatted(id, point.position().index(), written.bytes(), millis));
    return written;
  }

  /// The log is not to grow beyond what the policy says because a snapshot has time.
  private PacedStream.Wanted wanted(long index, long bytes) {
    if (closing) {
      return PacedStream.Wanted.NO_MORE;
    }
    return options.policy().isDue(appliedIndex - index, appliedBytes - bytes, 0)
        ? PacedStream.Wanted.URGENTLY
        : PacedStream.Wanted.CALMLY;
  }

  private void complete(Snapshot snapshot) {
    served.forEach(demand -> demand.complete(snapshot));
    served.clear();
  }

  private void refuse(String why) {
    fail(new NodeException.Refused(new Refusal.Invalid(why)));
  }

  private void failed(Throwable cause) {
    if (closing) {
      fail(new NodeException.Stopped("the node has stopped", null));
      return;
    }
    backoff.failed(clock.nanoTime());
    counters.failed.increment();
    LOG.log(
        Logger.Level.WARNING,
        () -> "node=" + id + " event=snapshot-failed cause=\"" + cause + "\"",
        cause);
    fail(cause);
  }

  private void fail(Throwable cause) {
    served.forEach(demand -> demand.completeExceptionally(cause));
    served.clear();
  }

  /// Those that are being served are the worker's: it has ended, or never began.
  private void refuseDemands() {
    NodeException stopped = new NodeException.Stopped("the node has stopped", null);
    for (CompletableFuture<Snapshot> next = demands.poll(); next != null; next = demands.poll()) {
      waitingDemands.decrementAndGet();
      next.completeExceptionally(stopped);
    }
  }

  /// Whoever takes one out of the queue closes it: nobody closes one twice.
  private void releaseViews() {
    for (StateView next = answers.poll(); next != null; next = answers.poll()) {
      next.release();
    }
  }
}
