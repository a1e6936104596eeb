package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.LogStore;
import dengine.engine.spi.MetaStore;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// Owns the disk writes of the log, on a platform thread of its own: takes everything that waits,
/// writes it in one go, syncs once, reports. While a sync runs the next batch gathers: group commit
/// without a timer. The queue is bounded by what the core keeps in memory. What else changes the
/// log or the identity is done in its turn, between two batches.
///
/// Nothing may ever interrupt its thread: an interrupt during a write closes the file
/// (`FileChannel`).
final class LogWriter {

  private record AfterSync(Runnable action, Consumer<Throwable> otherwise) {}

  private final LogStore log;
  private final MetaStore meta;
  private final Persistence persistence;
  private final int maxBatchBytes;
  private final Clock clock;
  private final Mailbox loop;
  private final ConcurrentLinkedQueue<Effect> queue = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<AfterSync> afterSync = new ConcurrentLinkedQueue<>();
  private final LongAdder forces = new LongAdder();
  private final LongAdder forceNanos = new LongAdder();
  private final Execution.Worker worker;
  private volatile boolean closing;
  private boolean unsynced;
  private boolean failed;
  private long syncDue;

  LogWriter(
      String name,
      LogStore log,
      MetaStore meta,
      NodeOptions options,
      Clock clock,
      Execution execution,
      Mailbox loop) {
    this.log = log;
    this.meta = meta;
    this.persistence = options.persistence();
    this.maxBatchBytes = options.maxLogBatchBytes();
    this.clock = clock;
    this.loop = loop;
    this.worker = execution.worker(name, clock, this::round);
  }

  void start() {
    worker.start();
  }

  /// Queues a change. Called by the event loop only, in order.
  void submit(List<Effect.Persist> changes) {
    queue.addAll(changes);
    worker.wake();
  }

  /// Frees what is needed for no entry behind this position, once everything before is written.
  /// Called by the event loop only.
  void compact(Effect.Compact compact) {
    queue.add(compact);
    worker.wake();
  }

  /// Writes down who founds the cluster. Called by the event loop only.
  void found(Effect.Found found) {
    queue.add(found);
    worker.wake();
  }

  /// Does something once what was reported as persisted so far is synced, too. Any thread; the
  /// action should not wait.
  ///
  /// @param otherwise told why it cannot be done
  void onceSynced(Runnable action, Consumer<Throwable> otherwise) {
    if (persistence instanceof Persistence.DiskFirst) {
      action.run();
      return;
    }
    afterSync.add(new AfterSync(action, otherwise));
    if (closing) {
      giveUpWaiting(new NodeException.Stopped("the node has stopped", null));
    } else {
      worker.wake();
    }
  }

  private void giveUpWaiting(Throwable why) {
    for (AfterSync next = afterSync.poll(); next != null; next = afterSync.poll()) {
      next.otherwise.accept(why);
    }
  }

  /// Number of syncs so far.
  long forces() {
    return forces.sum();
  }

  /// Nanoseconds spent in syncs so far.
  long forceNanos() {
    return forceNanos.sum();
  }

  /// Writes what is queued, syncs, and ends.
  void close() {
    closing = true;
    worker.close();
  }

  private long round() {
    if (failed) {
      giveUpWaiting(new NodeException.Stopped("the log has failed", null));
      return Long.MAX_VALUE;
    }
    try {
      do {
        List<Effect.Persist> batch = take();
        if (!batch.isEmpty()) {
          write(batch);
        }
        doOther();
      } while (closing && !queue.isEmpty());
      if (!queue.isEmpty()) {
        worker.wake(); // one batch at a time
      }
      if (closing || !afterSync.isEmpty() || (unsynced && clock.nanoTime() >= syncDue)) {
        int waiting = afterSync.size(); // those that come while it syncs may have to wait for more
        sync();
        for (int i = 0; i < waiting; i++) {
          AfterSync next = afterSync.poll();
          if (next != null) {
            next.action.run();
          }
        }
        if (!afterSync.isEmpty()) {
          worker.wake();
        }
      }
    } catch (RuntimeException | Error failure) {
      failed = true;
      giveUpWaiting(failure);
      loop.tell(new Event.StorageFailed(failure), false);
    }
    return unsynced && !failed ? syncDue : Long.MAX_VALUE;
  }

  private void write(List<Effect.Persist> batch) {
    // A callback that ran on this thread may have left its interrupt behind.
    Thread.interrupted();
    log.append(batch);
    unsynced = true;
    if (mustSync(batch)) {
      sync();
    }
    loop.tell(new Event.Persisted(batch.getLast().sequence()), queue.isEmpty());
  }

  /// Takes what waits, up to the bound; empty if nothing does.
  private List<Effect.Persist> take() {
    List<Effect.Persist> batch = new ArrayList<>();
    long bytes = 0;
    while (queue.peek() instanceof Effect.Persist next
        && (bytes == 0 || bytes + size(next) <= maxBatchBytes)) {
      bytes += size(next);
      batch.add(next);
      queue.remove();
    }
    return batch;
  }

  /// Does what has its turn now and is no change of the log.
  private void doOther() {
    switch (queue.peek()) {
      case Effect.Compact(Position upTo) -> {
        queue.remove();
        log.compact(upTo);
      }
      case Effect.Found(Membership founders) -> {
        queue.remove();
        meta.found(founders);
        loop.tell(new Event.Founded(), false);
      }
      case null, default -> {}
    }
  }

  private boolean mustSync(List<Effect.Persist> batch) {
    return switch (persistence) {
      case Persistence.DiskFirst() -> true;
      case Persistence.MemFirst(Duration flushInterval) -> {
        long now = clock.nanoTime();
        if (syncDue <= now - flushInterval.toNanos()) {
          syncDue = now + flushInterval.toNanos();
        }
        yield now >= syncDue || batch.stream().anyMatch(change -> change.hardState().isPresent());
      }
    };
  }

  private void sync() {
    if (!unsynced) {
      return;
    }
    long start = clock.nanoTime();
    log.force();
    long end = clock.nanoTime();
    forces.increment();
    forceNanos.add(end - start);
    unsynced = false;
    if (persistence instanceof Persistence.MemFirst(Duration flushInterval)) {
      syncDue = end + flushInterval.toNanos();
    }
  }

  private static long size(Effect.Persist change) {
    long size = Entry.OVERHEAD_BYTES;
    for (Entry entry : change.entries()) {
      size += entry.size();
    }
    return size;
  }
}
