package dengine.api.spi;

import dengine.api.WatchEvent;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Events that wait to be taken. Besides the buffer's room there is always room for the last one.
///
/// The lock is held to put in or take out one event: an application may wait here on any number of
/// threads, so there must be something to wait on.
final class EventBuffer {

  /// What one event takes besides its bytes, roughly.
  private static final int EVENT_BYTES = 64;

  private static final int FEW = 16;

  /// What came out.
  ///
  /// @param event null if there is none now
  /// @param room whether the source is to be told that there is room
  /// @param over whether nothing comes out any more
  record Taken(@Nullable WatchEvent event, boolean room, boolean over) {}

  private final int capacity;
  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<WatchEvent> waiting = new ArrayDeque<>(FEW);
  private long bytes;
  private boolean refused;

  /// Nothing more is put in.
  private boolean ended;

  /// Nothing more is taken out.
  private boolean over;

  /// @param capacity most events that wait, at least 1
  /// @param maxBytes most bytes of them, if there is more than one
  EventBuffer(int capacity, long maxBytes) {
    this.capacity = capacity;
    this.maxBytes = maxBytes;
  }

  /// Puts an event in. Progress is left out where there is no room for it, and replaces progress
  /// that nobody has taken.
  ///
  /// @return false if there is no room for it
  boolean offer(WatchEvent event) {
    lock.lock();
    try {
      if (ended) {
        return true;
      }
      boolean progress = event instanceof WatchEvent.Progress;
      if (progress && waiting.peekLast() instanceof WatchEvent.Progress) {
        waiting.removeLast();
        bytes -= EVENT_BYTES;
      }
      long size = size(event);
      if (waiting.size() >= capacity || (!waiting.isEmpty() && bytes + size > maxBytes)) {
        refused |= !progress;
        return progress;
      }
      waiting.add(event);
      bytes += size;
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Puts the last event in; does nothing if nothing more is put in.
  void end(WatchEvent.Canceled last) {
    lock.lock();
    try {
      if (!ended) {
        ended = true;
        waiting.add(last);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Takes out the next event, waiting for it if there is none.
  ///
  /// @param nanos longest time to wait, [Long#MAX_VALUE] for ever
  Taken take(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (waiting.isEmpty() && !over && left > 0) {
        if (nanos == Long.MAX_VALUE) {
          changed.await();
        } else {
          left = changed.awaitNanos(left);
        }
      }
      return takeNow();
    } finally {
      lock.unlock();
    }
  }

  /// Takes out the next event if there is one.
  Taken take() {
    lock.lock();
    try {
      return takeNow();
    } finally {
      lock.unlock();
    }
  }

  private Taken takeNow() {
    WatchEvent event = waiting.poll();
    if (event instanceof WatchEvent.Canceled) {
      over = true;
      changed.signalAll();
    } else if (event != null) {
      bytes -= size(event);
    }
    // Not for each event: who was too slow is filled up by half a buffer at a time.
    boolean room = refused && waiting.size() <= capacity / 2 && !ended;
    if (room) {
      refused = false;
    }
    return new Taken(event, room, over);
  }

  /// Whether nothing comes out any more.
  boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  /// Drops what waits; nothing is put in or taken out any more.
  ///
  /// @return whether something might still have been put in
  boolean close() {
    lock.lock();
    try {
      boolean early = !ended;
      ended = true;
      over = true;
      waiting.clear();
      bytes = 0;
      changed.signalAll();
      return early;
    } finally {
      lock.unlock();
    }
  }

  private static long size(WatchEvent event) {
    if (!(event instanceof WatchEvent.Change change)) {
      return EVENT_BYTES;
    }
    int previous = change.previous().isPresent() ? change.previous().get().length() : 0;
    int value = event instanceof WatchEvent.Put put ? put.value().length() : 0;
    return (long) EVENT_BYTES + change.key().length() + value + previous;
  }
}
