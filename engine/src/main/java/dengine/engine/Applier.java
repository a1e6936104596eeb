package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.StateMachine;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Refusal;
import dengine.raft.SnapshotPoint;
import dengine.raft.Ticket;
import java.io.IOException;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Owns the state machine: applies committed entries in order, then answers whoever waits for them;
/// between two batches gives out views of the state, or replaces it by that of a snapshot. One
/// thing at a time, on whichever thread runs its [SerialExecutor].
final class Applier {

  private static final int INLINE_ENTRIES = 8;
  private static final long INLINE_NANOS = 200_000;

  /// Told how far the state machine has come, after each batch, by whoever applies.
  @FunctionalInterface
  interface Progress {

    /// It has come this far.
    ///
    /// @param index of the last applied entry
    /// @param bytes of all entries applied by this process
    void applied(long index, long bytes);

    /// It was given the state of a snapshot, after it was told how far that is.
    default void installed() {}
  }

  private sealed interface Work {}

  /// @param calls the calls that wait here for some of these entries, ascending by index
  private record Entries(List<Entry> entries, List<WriteCall> calls) implements Work {}

  private record Readers(List<Ticket> readers, long index) implements Work {}

  private record ViewAsked(Consumer<StateView> answer) implements Work {}

  private record Install(SnapshotPoint point) implements Work {}

  private record Found(Membership founders) implements Work {}

  private final StateMachine stateMachine;
  private final AppliedState state;
  private final SnapshotStore snapshots;
  private final Progress progress;
  private final boolean neverWaits;
  private final Clock clock;
  private final Mailbox loop;
  private final SerialExecutor<Work> executor;

  /// Compared by hand: the model checker does not look into the JDK's comparators.
  private final PriorityQueue<Readers> waiting =
      new PriorityQueue<>((one, other) -> Long.compare(one.index, other.index));
  private final AtomicInteger waitingReaders = new AtomicInteger();
  private final int maxWaitingReaders;
  private volatile long applied;

  /// How long the last batch took; written by whoever applies, read by the event loop.
  private volatile long lastNanos;

  /// What the loop was told last.
  private Event.Due due = new Event.Due(Long.MAX_VALUE, false);

  private boolean broken;
  private volatile boolean closing;

  /// @param state how far the state machine has come before
  /// @param snapshots where to find those that are installed
  /// @param maxWaitingReaders about how many readers may wait for the state machine
  Applier(
      StateMachine stateMachine,
      AppliedState state,
      SnapshotStore snapshots,
      Progress progress,
      Clock clock,
      int maxWaitingReaders,
      Executor carrier,
      Mailbox loop) {
    this.maxWaitingReaders = maxWaitingReaders;
    this.stateMachine = stateMachine;
    this.state = state;
    this.snapshots = snapshots;
    this.progress = progress;
    this.neverWaits = stateMachine.neverWaits();
    this.clock = clock;
    this.loop = loop;
    this.applied = state.index();
    this.executor = new SerialExecutor<>(carrier, 64, this::run);
  }

  /// Up to where the state machine has applied.
  long applied() {
    return applied;
  }

  /// Readers that wait for an entry to be applied.
  int waitingReaders() {
    return waitingReaders.get();
  }

  boolean isIdle() {
    return executor.backlog() == 0;
  }

  /// Applies on the calling thread if nothing else is being applied, the batch is small and the
  /// state machine promises to be quick, and was: a slow one must hold up neither the network nor
  /// the log.
  void apply(List<Entry> entries, List<WriteCall> calls) {
    boolean quick = neverWaits && entries.size() <= INLINE_ENTRIES && lastNanos < INLINE_NANOS;
    executor.submit(new Entries(entries, calls), quick);
  }

  /// Lets these readers go as soon as `index` is applied. Refuses them when too many wait already:
  /// a state machine that hangs must not gather readers without end, most of them long gone.
  void serve(List<Ticket> readers, long index) {
    if (applied >= index) {
      release(readers);
    } else if (waitingReaders.get() >= maxWaitingReaders) {
      NodeException refusal = new NodeException.Refused(new Refusal.Overloaded("maxPendingCalls"));
      readers.forEach(reader -> ((ReadCall) reader).fail(refusal));
    } else {
      waitingReaders.addAndGet(readers.size());
      executor.submit(new Readers(readers, index), true);
    }
  }

  /// Takes a view of the state between two batches. Answers where the state machine is applied, or
  /// never if it is broken.
  void askView(Consumer<StateView> answer) {
    executor.submit(new ViewAsked(answer), false);
  }

  /// Replaces the state by that of a snapshot, after everything that was handed over before. Takes
  /// its time, so never on the calling thread.
  void install(SnapshotPoint point) {
    executor.submit(new Install(point), false);
  }

  /// The cluster was founded with these; comes before the first entry.
  void found(Membership founders) {
    executor.submit(new Found(founders), true);
  }

  /// Whether this thread is applying right now.
  boolean runsHere() {
    return executor.runsHere();
  }

  private void run(List<Work> batch) {
    try {
      process(batch);
    } catch (RuntimeException | Error defect) {
      broken = true;
      loop.fail(defect);
    }
  }

  private void process(List<Work> batch) {
    for (Work work : batch) {
      if (broken) {
        return;
      }
      switch (work) {
        case Entries(List<Entry> entries, List<WriteCall> calls) -> applyNow(entries, calls);
        case Readers readers -> waiting.add(readers);
        case ViewAsked(Consumer<StateView> answer) -> answer.accept(view());
        case Install(SnapshotPoint point) -> installNow(point);
        case Found(Membership founders) -> state.found(founders);
      }
      while (!waiting.isEmpty() && waiting.peek().index <= applied) {
        List<Ticket> readers = waiting.remove().readers;
        waitingReaders.addAndGet(-readers.size());
        release(readers);
      }
    }
  }

  private void applyNow(List<Entry> entries, List<WriteCall> calls) {
    AppliedBatch batch = new AppliedBatch(entries);
    long start = clock.nanoTime();
    try {
      stateMachine.apply(batch);
      lastNanos = clock.nanoTime() - start;
    } catch (RuntimeException | Error failure) {
      broken = true;
      String where = entries.getFirst() + ".." + entries.getLast();
      loop.fail(new IllegalStateException("the state machine failed in " + where, failure));
      return;
    }
    long last = entries.getLast().index();
    state.advance(entries);
    applied = last;
    progress.applied(last, state.totalBytes());
    tellWhatIsDue();
    if (calls.isEmpty()) {
      loop.tell(new Event.Applied(last), false);
    } else {
      loop.tellAndEnd(new Event.Applied(last), () -> succeed(calls, batch));
    }
  }

  /// Ends a restore that is under way; a batch runs to its end.
  void close() {
    closing = true;
  }

  /// Tells the loop when the state machine has to change by itself, if that is another time than
  /// before. Called before the first entry is handed out, and after each batch.
  void tellWhatIsDue() {
    long next = stateMachine.nextDeadline();
    Event.Due now = new Event.Due(next, next <= state.time());
    if (!now.equals(due)) {
      due = now;
      loop.tell(now, false);
    }
  }

  /// A machine that gives no view is as good as before: only the snapshot fails.
  private StateView view() {
    try {
      return new StateView.Taken(
          state.point(), stateMachine.view(), state.keepFrom(), state.totalBytes());
    } catch (RuntimeException | Error failure) {
      return new StateView.Failed(failure);
    }
  }

  /// Rule C3: never moves backwards.
  private void installNow(SnapshotPoint point) {
    if (point.position().index() > applied) {
      Thread.interrupted(); // left behind by a callback, it would close the file
      try (SnapshotStore.Reading reading = snapshots.open(point.position())) {
        stateMachine.restore(
            new AbortableInput(reading.stream(), () -> closing),
            point.position().index(),
            point.position().term(),
            point.time());
      } catch (IOException | RuntimeException | Error failure) {
        broken = true;
        String what = "the snapshot at " + point.position() + " could not be installed";
        loop.fail(new IllegalStateException(what, failure));
        return;
      }
      state.install(point);
      applied = state.index();
      progress.applied(applied, state.totalBytes());
    }
    progress.installed();
    tellWhatIsDue();
    loop.tell(new Event.Installed(point.position().index()), false);
  }

  private static void succeed(List<WriteCall> calls, AppliedBatch batch) {
    for (WriteCall call : calls) {
      call.succeed(batch.results[(int) (call.index() - batch.index(0))]);
    }
  }

  private static void release(List<Ticket> readers) {
    for (Ticket reader : readers) {
      ((ReadCall) reader).succeed(null);
    }
  }

  private static final class AppliedBatch implements StateMachine.Batch {
    private final List<Entry> entries;
    private final @Nullable Object[] results;

    AppliedBatch(List<Entry> entries) {
      this.entries = entries;
      this.results = new @Nullable Object[entries.size()];
    }

    @Override
    public int size() {
      return entries.size();
    }

    @Override
    public long index(int i) {
      return entries.get(i).index();
    }

    @Override
    public long term(int i) {
      return entries.get(i).term();
    }

    @Override
    public long time(int i) {
      return entries.get(i).time();
    }

    @Override
    public boolean isCommand(int i) {
      return entries.get(i).kind() == Entry.Kind.COMMAND;
    }

    @Override
    public byte[] command(int i) {
      return entries.get(i).payload();
    }

    @Override
    public void complete(int i, Object result) {
      results[i] = result;
    }
  }
}
