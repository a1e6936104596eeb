package dengine.testkit.chaos;

import dengine.api.ClosedException;
import dengine.api.CompactedException;
import dengine.api.DEngineException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Watches one thing through a whole run and remembers everything. A watch that ends is begun again
/// after the revision up to which it told everything; where that is compacted, with a scan.
///
/// Owned by its thread, but for what is volatile.
final class Observer {

  private static final Duration POLL = Duration.ofMillis(50);
  private static final long PAUSE_NANOS = 20_000_000;

  private final Subject subject;
  private final Store store;
  private final AtomicLong room;
  private final Thread thread;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final List<Segment> segments = new ArrayList<>();
  private final List<String> troubles = new ArrayList<>();
  private long next;
  private int resumed;
  private int compacted;
  private boolean cut;
  private volatile long told;
  private volatile long last = Long.MAX_VALUE;
  private volatile long giveUpAt;
  private volatile boolean ending;

  /// @param room how many events all observers together may still remember
  Observer(Subject subject, Store store, AtomicLong room) {
    this.subject = subject;
    this.store = store;
    this.room = room;
    this.thread = Thread.ofVirtual().name("watch " + subject).unstarted(this::run);
  }

  /// Begins; returns when nothing that happens from now on is missed.
  void start(Duration patience) throws InterruptedException {
    thread.start();
    if (!begun.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("no watch of " + subject + " within " + patience);
    }
  }

  /// Waits until a change with this revision, which must be of this subject, was told, for a while.
  void await(long revision, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (told < revision && thread.isAlive() && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /// The same, and does not go on after that.
  ///
  /// @param patience after which it counts as not told
  Observation end(long revision, Duration patience) throws InterruptedException {
    giveUpAt = System.nanoTime() + patience.toNanos();
    last = revision;
    ending = true;
    thread.join();
    return new Observation(subject, segments, resumed, compacted, cut, troubles);
  }

  private boolean late() {
    return ending && System.nanoTime() - giveUpAt > 0;
  }

  private void run() {
    boolean more = true;
    while (more) {
      try {
        more = once();
      } catch (CompactedException gone) {
        compacted++;
        next = 0;
        more = !givesUp();
      } catch (ClosedException noLastEvent) {
        troubles.add("a watch of " + subject + " ended without saying why");
        more = false;
      } catch (DEngineException notYet) {
        LockSupport.parkNanos(PAUSE_NANOS);
        more = !givesUp();
      } catch (RuntimeException surprise) {
        troubles.add("a watch of " + subject + " failed with " + surprise);
        more = false;
      }
    }
  }

  private boolean givesUp() {
    if (late()) {
      troubles.add("nobody began a watch of " + subject + " although everything was whole");
      return true;
    }
    return false;
  }

  /// One watch; whether another one is needed.
  private boolean once() {
    WatchOptions options = WatchOptions.DEFAULT.from(next);
    try (Watch watch =
        store.watch(
            subject.what(),
            subject.prefix(),
            subject.previous() ? options.withPreviousValues() : options)) {
      Optional<Contents> base =
          next > 0 ? Optional.empty() : Optional.of(Contents.read(store, subject.what()));
      resumed += next > 0 ? 1 : 0;
      begun.countDown();
      return collect(watch, base);
    }
  }

  private boolean collect(Watch watch, Optional<Contents> base) {
    List<WatchEvent> events = new ArrayList<>();
    told = watch.revision();
    while (true) {
      boolean enough = told >= last;
      if (enough || late() || room.get() <= 0) {
        cut = !enough && !late();
        if (!enough && !cut) {
          troubles.add(
              "watch of %s was told revision %d, not %d, although everything was whole"
                  .formatted(subject, told, last));
        }
        // Of the last revision there may be more to tell, unless it is the last one of all.
        long complete = enough ? last : Math.max(watch.revision(), told - 1);
        segments.add(new Segment(watch.revision(), next, base, events, complete, enough));
        return false;
      }
      switch (watch.poll(POLL).orElse(null)) {
        case null -> {}
        case WatchEvent.Canceled end -> {
          segments.add(new Segment(watch.revision(), next, base, events, end.revision(), false));
          compacted += end.reason() == Reason.COMPACTED ? 1 : 0;
          next = end.reason() == Reason.COMPACTED ? 0 : end.revision() + 1;
          return true;
        }
        case WatchEvent event -> {
          events.add(event);
          room.decrementAndGet();
          told = Math.max(told, event.revision());
        }
      }
    }
  }
}
