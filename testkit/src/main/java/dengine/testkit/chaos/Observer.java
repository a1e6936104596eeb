package dengine.testkit.chaos;

import dengine.api.ClosedException;
import dengine.api.CompactedException;
import dengine.api.DEngineException;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.testkit.chaos.Segment.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/// Watches one thing through a whole run and remembers everything. A watch that ends is begun again
/// after the revision up to which it told everything; where that is compacted, or the wire does not
/// know the past, with a scan once it has begun.
///
/// Owned by its thread, but for what is volatile.
final class Observer {

  private static final Duration POLL = Duration.ofMillis(50);
  private static final long PAUSE_NANOS = 20_000_000;

  /// A server that says nothing for so long has been cut off, or worse: another one is asked.
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(4);

  /// How many changes a slow reader takes before he pauses.
  private static final int READ_AT_ONCE = 100;

  private final Manner manner;
  private final Feeds feeds;
  private final Store store;
  private final LongSupplier happened;
  private final Memory memory;
  private final AtomicLong changes = new AtomicLong();
  private final Thread thread;
  private final CountDownLatch begun = new CountDownLatch(1);
  private final List<Segment> segments = new ArrayList<>();
  private final List<String> troubles = new ArrayList<>();
  private long next;
  private int compacted;
  private int departures;
  private boolean cut;
  private volatile Turns turns = Turns.of(List.of());
  private volatile long told;
  private volatile long last = Long.MAX_VALUE;
  private volatile long giveUpAt;
  private volatile boolean hurried;
  private volatile boolean ending;

  /// Where watches begin.
  interface Feeds {

    /// Begins one. Fails as [dengine.api.Client#watch] does.
    Feed open(WatchOptions options);
  }

  /// @param feeds asked for one watch after the other
  /// @param store scanned when one begins without a past
  /// @param happened how many changes there were so far, for those who read slowly
  /// @param memory holds what is told
  Observer(Manner manner, Feeds feeds, Store store, LongSupplier happened, Memory memory) {
    this.manner = manner;
    this.feeds = feeds;
    this.store = store;
    this.happened = happened;
    this.memory = memory;
    this.thread = Thread.ofVirtual().name("watch " + manner).unstarted(this::run);
  }

  /// Begins; returns when nothing that happens from now on is missed.
  void start(Duration patience) throws InterruptedException {
    thread.start();
    if (!begun.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("no watch of " + manner + " within " + patience);
    }
  }

  /// How many changes it was told of.
  long changes() {
    return changes.get();
  }

  /// What it is there for and has not happened as often as this.
  List<String> missing(int least) {
    return manner.missing(turns, least);
  }

  /// Has it read without pauses from now on, and stay where it is.
  void hurry() {
    hurried = true;
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
    return new Observation(manner, segments, compacted, cut, troubles);
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
      } catch (DEngineException notYet) {
        LockSupport.parkNanos(PAUSE_NANOS);
        more = !givesUp();
      } catch (RuntimeException surprise) {
        troubles.add("a watch of " + manner + " failed with " + surprise);
        more = false;
      }
    }
  }

  private boolean givesUp() {
    if (late()) {
      troubles.add("nobody began a watch of " + manner + " although everything was whole");
      return true;
    }
    return false;
  }

  /// One watch; whether another one is needed.
  private boolean once() {
    WatchOptions options = WatchOptions.DEFAULT.from(next).bufferSize(manner.buffer());
    boolean left;
    boolean more;
    try (Feed feed =
        feeds.open(manner.what().previous() ? options.withPreviousValues() : options)) {
      Optional<Contents> base =
          next > 0 ? Optional.empty() : Optional.of(Contents.read(store, manner.what().what()));
      begun.countDown();
      Listening listening = new Listening(feed, next, base);
      End end = listening.toItsEnd();
      Segment segment = listening.segment(end);
      segments.add(segment);
      turns = Turns.of(segments);
      next = manner.wire().resumes() && !listening.compacted ? segment.complete() + 1 : 0;
      compacted += listening.compacted ? 1 : 0;
      more = end != End.ENOUGH && !listening.given;
      left = end == End.LEFT;
    }
    if (left && more && manner.away() > 0 && ++departures % 2 == 1) {
      letPass(manner.away());
    }
    return more;
  }

  /// Reads nothing while so many changes happen.
  private void letPass(int count) {
    long enough = happened.getAsLong() + count;
    while (!hurried && !ending && happened.getAsLong() < enough && !memory.isFullOfEvents()) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /// One watch while it is read.
  private final class Listening {

    private final Feed feed;
    private final long asked;
    private final Optional<Contents> base;
    private final long begin;
    private final List<WatchEvent> events = new ArrayList<>();
    private long complete;
    private long unread;
    private int taken;
    private boolean compacted;

    /// Whether whoever watches has given up watching.
    private boolean given;

    Listening(Feed feed, long asked, Optional<Contents> base) {
      this.feed = feed;
      this.asked = asked;
      this.base = base;
      this.begin = feed.revision().orElseGet(() -> base.map(Contents::firstRevision).orElseThrow());
      this.complete = begin;
      told = begin;
    }

    Segment segment(End end) {
      return new Segment(feed.revision().orElse(0), begin, asked, base, events, complete, end);
    }

    End toItsEnd() {
      unread = System.nanoTime();
      while (true) {
        if (told >= last) {
          // Of the last revision there may be more to tell, unless it is the last one of all.
          complete = last;
          return End.ENOUGH;
        }
        if (hasToStop()) {
          given = true;
          return End.LEFT;
        }
        if (!hurried && manner.stay() > 0 && taken >= manner.stay()) {
          return End.LEFT;
        }
        Optional<WatchEvent> event;
        try {
          event = feed.poll(POLL);
        } catch (ClosedException noLastEvent) {
          return End.SILENT;
        } catch (DEngineException failure) {
          return End.BROKE;
        }
        if (event.isPresent()) {
          take(event.get());
          if (event.get() instanceof WatchEvent.Canceled) {
            takeWhatMustNotCome();
            return End.TOLD;
          }
        } else if (isSilent()) {
          return End.LEFT;
        }
      }
    }

    /// Servers say now and then that they live; one that may be stopped or cut off does not. At the
    /// end all are whole, and whoever is told nothing by then is found to be late.
    private boolean isSilent() {
      return !hurried && manner.wire() != Wire.CLIENT && System.nanoTime() - unread > SILENCE_NANOS;
    }

    private boolean hasToStop() {
      if (late()) {
        troubles.add(
            "watch of %s was told revision %d, not %d, although everything was whole"
                .formatted(manner, told, last));
        return true;
      }
      cut = memory.isFullOfEvents();
      return cut;
    }

    private void take(WatchEvent event) {
      unread = System.nanoTime();
      events.add(event);
      memory.addEvent();
      switch (event) {
        case WatchEvent.Change change -> {
          // Each revision of this workload makes one change.
          complete = Math.max(complete, change.revision() - (manner.repeats() ? 1 : 0));
          told = Math.max(told, change.revision());
          changes.incrementAndGet();
          taken++;
          if (manner.isSlow() && taken % READ_AT_ONCE == 0) {
            letPass(manner.pause());
            unread = System.nanoTime();
          }
        }
        case WatchEvent.Progress(long revision) -> {
          complete = Math.max(complete, revision);
          told = Math.max(told, revision);
        }
        case WatchEvent.Canceled end -> {
          complete = end.revision();
          compacted = end.reason() == Reason.COMPACTED;
        }
      }
    }

    /// After the last event, for a moment.
    private void takeWhatMustNotCome() {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
      try {
        while (System.nanoTime() - end < 0) {
          feed.poll(POLL).ifPresent(events::add);
        }
      } catch (DEngineException over) {
        // As it should be.
      }
    }
  }
}
