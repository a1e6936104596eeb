package dengine.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs what is submitted from any thread one batch at a time. While it is idle, the submitting
/// thread runs the batch itself: a thread that would have to be woken costs more than the work.
/// While it is busy, submitting only enqueues, and whatever queued meanwhile is the next batch.
///
/// `backlog` counts submitted and not yet finished items; whoever moves it away from 0 is the
/// runner, so there is never more than one. A runner takes at most as many items as are counted:
/// each of them is certainly in the queue, because it is added before it is counted. A runner that
/// has to wait for its thread leaves the run `unclaimed` meanwhile: whoever claims it is the
/// runner from then on.
final class SerialExecutor<T> {

  /// A thread that is not ours runs at most batches of this size; under load the work moves to a
  /// thread of its own, where batches grow.
  private static final int INLINE_BATCH = 4;

  private static final int INLINE_ROUNDS = 4;

  private final ConcurrentLinkedQueue<T> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger backlog = new AtomicInteger();
  private final AtomicBoolean unclaimed = new AtomicBoolean();
  private final Executor carrier;
  private final Consumer<List<T>> work;
  private final int maxBatch;

  /// Of the runner. It has its full size from the beginning: nothing between becoming the runner
  /// and running needs memory, of which there may be none, and a run that was given up would never
  /// end.
  private final List<T> batch;

  /// Written by the runner; a stale value costs a hand-off at most.
  private volatile int lastBatch;

  private volatile @Nullable Thread runner;

  /// @param work must not throw; runs one batch, which it must not keep
  SerialExecutor(Executor carrier, int maxBatch, Consumer<List<T>> work) {
    this.carrier = carrier;
    this.maxBatch = maxBatch;
    this.work = work;
    this.batch = new ArrayList<>(maxBatch);
  }

  /// Whether this thread is running a batch right now: then it must not wait for another one.
  boolean runsHere() {
    Thread running = runner;
    return running != null && running.equals(Thread.currentThread());
  }

  /// Items submitted and not yet finished.
  int backlog() {
    return backlog.get();
  }

  /// @param inline whether this thread may run the work if nobody else does
  void submit(T item, boolean inline) {
    queue.add(item);
    if (backlog.getAndIncrement() == 0 && !(inline && runInline())) {
      unclaimed.set(true);
      carrier.execute(this::drain);
    }
  }

  /// Submits `first`, then does something that submits too: all of it becomes one batch, where
  /// otherwise each item would be a batch of its own.
  void submitTogether(T first, Runnable submissions) {
    queue.add(first);
    boolean held = backlog.getAndIncrement() == 0;
    if (held) {
      unclaimed.set(true);
    }
    try {
      submissions.run();
    } finally {
      if (held) {
        carrier.execute(this::drain);
      }
    }
  }

  /// Runs a batch here and now if the thread that should has not come to it, because all carriers
  /// are busy or a submission takes its time.
  void takeOver() {
    if (claim() && !runBatch()) {
      unclaimed.set(true);
      carrier.execute(this::drain);
    }
  }

  /// Runs a few small batches: what this one causes here, say the report that it is applied,
  /// usually follows at once. Returns whether nothing is left.
  private boolean runInline() {
    for (int round = 0; round < INLINE_ROUNDS && lastBatch <= INLINE_BATCH; round++) {
      if (runBatch()) {
        return true;
      }
    }
    return false;
  }

  @SuppressWarnings("ThreadPriorityCheck") // a hint: nothing depends on it but the size of batches
  private void drain() {
    Thread.yield(); // lets the callers in, so that the batch is larger
    while (claim() && !runBatch()) {
      unclaimed.set(true);
      Thread.yield();
    }
  }

  private boolean claim() {
    return unclaimed.get() && unclaimed.compareAndSet(true, false);
  }

  /// Runs one batch; returns whether nothing is left, in which case this thread is no longer the
  /// runner.
  private boolean runBatch() {
    int count = Math.min(backlog.get(), maxBatch);
    for (int i = 0; i < count; i++) {
      T item = queue.poll();
      if (item == null) {
        throw new IllegalStateException("counted " + count + " items, found " + i);
      }
      batch.add(item);
    }
    lastBatch = count;
    runner = Thread.currentThread();
    boolean worked = false;
    try {
      work.accept(batch);
      worked = true;
    } finally {
      batch.clear();
      runner = null;
      if (!worked && backlog.addAndGet(-count) > 0) {
        // It threw, against its contract; what is left must not wait for ever.
        unclaimed.set(true);
        carrier.execute(this::drain);
      }
    }
    return backlog.addAndGet(-count) == 0;
  }
}
