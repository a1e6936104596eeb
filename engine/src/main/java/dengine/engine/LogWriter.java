package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.LogStore;
import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/// Owns the disk writes of the log, on a platform thread of its own: takes everything that waits,
/// writes it in one go, syncs once, reports. While a sync runs the next batch gathers: group commit
/// without a timer. The queue is bounded by what the core lets be unapplied.
///
/// Nothing may ever interrupt this thread: an interrupt during a write closes the file
/// (`FileChannel`).
final class LogWriter {

  private final LogStore log;
  private final Persistence persistence;
  private final int maxBatchBytes;
  private final Clock clock;
  private final EventLoop loop;
  private final ConcurrentLinkedQueue<Effect.Persist> queue = new ConcurrentLinkedQueue<>();
  private final LongAdder forces = new LongAdder();
  private final LongAdder forceNanos = new LongAdder();
  private final Thread thread;
  private volatile boolean closing;
  private volatile boolean asleep;
  private boolean unsynced;
  private long syncDue;

  LogWriter(String name, LogStore log, NodeOptions options, Clock clock, EventLoop loop) {
    this.log = log;
    this.persistence = options.persistence();
    this.maxBatchBytes = options.maxLogBatchBytes();
    this.clock = clock;
    this.loop = loop;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// Queues a change. Called by the event loop only, in order.
  void submit(List<Effect.Persist> changes) {
    queue.addAll(changes);
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  /// Number of syncs so far.
  long forces() {
    return forces.sum();
  }

  /// Nanoseconds spent in syncs so far.
  long forceNanos() {
    return forceNanos.sum();
  }

  /// Writes what is queued, syncs, and ends the thread.
  void close() {
    closing = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // the log must be closed properly first
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    List<Effect.Persist> batch = new ArrayList<>();
    try {
      while (takeInto(batch)) {
        if (batch.isEmpty()) {
          sync(); // the flush interval has passed
          continue;
        }
        // A callback that ran on this thread may have left its interrupt behind.
        Thread.interrupted();
        log.append(batch);
        unsynced = true;
        if (mustSync(batch)) {
          sync();
        }
        long last = batch.getLast().sequence();
        batch.clear();
        loop.tell(new Event.Persisted(last), queue.isEmpty());
      }
      sync();
    } catch (RuntimeException | Error failure) {
      loop.tell(new Event.StorageFailed(failure), false);
    }
  }

  /// Waits for work; false when closing and nothing is left. An empty batch means that a sync is
  /// due.
  private boolean takeInto(List<Effect.Persist> batch) {
    while (true) {
      long bytes = 0;
      for (Effect.Persist next = queue.peek();
          next != null && (bytes == 0 || bytes + size(next) <= maxBatchBytes);
          next = queue.peek()) {
        bytes += size(next);
        batch.add(queue.remove());
      }
      if (!batch.isEmpty()) {
        return true;
      }
      if (closing) {
        return false;
      }
      asleep = true;
      if (queue.isEmpty() && !closing) {
        if (!unsynced) {
          LockSupport.park(this);
        } else if (clock.nanoTime() < syncDue) {
          LockSupport.parkNanos(this, syncDue - clock.nanoTime());
        } else {
          asleep = false;
          return true;
        }
      }
      asleep = false;
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
