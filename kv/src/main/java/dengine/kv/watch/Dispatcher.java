package dengine.kv.watch;

import dengine.api.Bytes;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.engine.spi.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Follows the history and tells those who watch. Those who have told everything up to where the
/// dispatcher is are live: they are found by their key or prefix. Others read the history by
/// themselves until they are there.
///
/// Owned by the worker that runs it; the counters are for anybody to read.
final class Dispatcher {

  /// Changes to look at before something else gets its turn.
  private static final int AT_A_TIME = 1024;

  private final ChangeHistory history;
  private final WatchLimits limits;
  private final Clock clock;
  private final RandomGenerator random;

  private final Map<Bytes, Set<Watcher>> keys = new HashMap<>();
  private final SlashTree prefixes = new SlashTree();
  private final Set<Watcher> live = new LinkedHashSet<>();
  private final Set<Watcher> behind = new LinkedHashSet<>();

  /// Who was found for a change, and who of them had no room.
  private final List<Watcher> found = new ArrayList<>();

  private long position = 1;

  /// Up to here all who are live were told everything.
  private long told;

  private long nextProgress = Long.MAX_VALUE;

  private volatile long delivered;
  private volatile long overflows;

  Dispatcher(ChangeHistory history, WatchLimits limits, Clock clock, RandomGenerator random) {
    this.history = history;
    this.limits = limits;
    this.clock = clock;
    this.random = random;
  }

  /// Events told so far, without progress and last ones.
  long delivered() {
    return delivered;
  }

  /// Watches that ended because they were too slow, or the dispatcher was.
  long overflows() {
    return overflows;
  }

  void add(Watcher watcher) {
    behind.add(watcher);
  }

  /// Whether nobody watches.
  boolean isIdle() {
    return live.isEmpty() && behind.isEmpty();
  }

  /// Lets go of one who has ended.
  void remove(Watcher watcher) {
    behind.remove(watcher);
    if (!live.remove(watcher)) {
      return;
    }
    if (watcher.what.prefix()) {
      prefixes.remove(watcher);
      return;
    }
    Bytes key = watcher.what.bytes();
    Set<Watcher> same = keys.get(key);
    if (same != null && same.remove(watcher) && same.isEmpty()) {
      keys.remove(key);
    }
  }

  /// Tells some of what there is to tell.
  ///
  /// @return whether there is more
  boolean work() {
    boolean more = dispatch();
    history.read(position - 1);
    return catchUp() || more;
  }

  private boolean dispatch() {
    ChangeHistory.Head head = history.head();
    if (live.isEmpty()) {
      position = head.sequence() + 1;
      told = head.revision();
      return false;
    }
    long end = Math.min(head.sequence(), position + AT_A_TIME - 1);
    while (position <= end && !live.isEmpty()) {
      Change change = history.at(position);
      if (change == null) {
        return overrun();
      }
      told = Math.max(told, change.completes());
      tell(change);
      position++;
    }
    if (position <= head.sequence()) {
      return true;
    }
    told = head.revision();
    return false;
  }

  /// The ring went on over changes that nobody here has seen: ends those whom they may concern.
  ///
  /// @return whether there is more to tell
  private boolean overrun() {
    ChangeHistory.Head head = history.head();
    if (head.oldest() <= position) {
      // By a batch that is under way: what is left is known when it is published, and so we are
      // woken.
      return false;
    }
    for (Watcher watcher : List.copyOf(live)) {
      if (watcher.from <= head.floor() && history.mayHaveLost(watcher.what, position)) {
        overflow(watcher, told, "changes came faster than they could be told");
      }
    }
    position = head.oldest();
    return true;
  }

  private void tell(Change change) {
    if (change.kind() == Change.Kind.REPLACEMENT) {
      for (Watcher watcher : List.copyOf(live)) {
        compacted(watcher, change, told);
      }
      return;
    }
    Bytes key = change.copyKey();
    find(change, key);
    WatchEvent plain = null;
    WatchEvent full = null;
    for (Watcher watcher : found) {
      WatchEvent event;
      if (watcher.withPrevious) {
        full = full == null ? change.event(key, true) : full;
        event = full;
      } else {
        plain = plain == null ? change.event(key, false) : plain;
        event = plain;
      }
      if (watcher.watch.offer(event)) {
        count();
      } else {
        full(watcher, change);
      }
    }
    found.clear();
  }

  private void find(Change change, Bytes key) {
    Set<Watcher> same = keys.get(key);
    if (same != null) {
      same.forEach(watcher -> take(watcher, change));
    }
    if (!prefixes.isEmpty()) {
      prefixes.visit(
          change.key(), change.keyAt(), change.keyLength(), watcher -> take(watcher, change));
    }
  }

  private void take(Watcher watcher, Change change) {
    if (change.revision() >= watcher.from) {
      found.add(watcher);
    }
  }

  private void full(Watcher watcher, Change change) {
    overflow(
        watcher,
        change.revision() - 1,
        "its buffer was full (raft.watch.watcher_buffer_size, EngineConfig.withWatch)");
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void count() {
    delivered++;
  }

  /// Lets those who are behind read on.
  ///
  /// @return whether one of them has more to read, and room for it
  private boolean catchUp() {
    boolean more = false;
    for (Watcher watcher : List.copyOf(behind)) {
      more |= !watcher.blocked && catchUp(watcher);
    }
    return more;
  }

  private boolean catchUp(Watcher watcher) {
    for (int i = 0; i < AT_A_TIME && watcher.position < position; i++) {
      Change change = history.at(watcher.position);
      if (change == null) {
        overflow(watcher, watcher.told, "the changes it had yet to be told are gone");
        return false;
      }
      watcher.told = Math.max(watcher.told, change.completes());
      if (!pass(watcher, change)) {
        return false;
      }
      watcher.position++;
    }
    if (watcher.position < position) {
      return true;
    }
    join(watcher);
    return false;
  }

  /// Tells one who is behind of a change, if it concerns him.
  ///
  /// @return whether he can go on
  private boolean pass(Watcher watcher, Change change) {
    if (change.kind() == Change.Kind.REPLACEMENT) {
      compacted(watcher, change, watcher.told);
      return !watcher.hasEnded();
    }
    if (change.revision() < watcher.from || !watcher.what.includes(change)) {
      return true;
    }
    watcher.blocked = true;
    boolean taken = watcher.watch.offer(change.event(change.copyKey(), watcher.withPrevious));
    if (taken) {
      watcher.blocked = false;
      count();
    }
    return taken;
  }

  private void join(Watcher watcher) {
    behind.remove(watcher);
    if (live.isEmpty()) {
      nextProgress = progressAfter(clock.nanoTime());
    }
    live.add(watcher);
    if (watcher.what.prefix()) {
      prefixes.add(watcher);
    } else {
      keys.computeIfAbsent(watcher.what.bytes(), _ -> new LinkedHashSet<>()).add(watcher);
    }
  }

  /// Tells that the watches are alive, if it is time.
  ///
  /// @return when it is time again
  long tellProgress() {
    if (live.isEmpty() || limits.progressInterval().isZero()) {
      nextProgress = Long.MAX_VALUE;
      return nextProgress;
    }
    long now = clock.nanoTime();
    if (nextProgress == Long.MAX_VALUE) {
      nextProgress = progressAfter(now);
    } else if (nextProgress - now <= 0) {
      WatchEvent.Progress progress = new WatchEvent.Progress(told);
      for (Watcher watcher : live) {
        if (told >= watcher.from - 1) {
          watcher.watch.offer(progress);
        }
      }
      nextProgress = progressAfter(now);
    }
    return nextProgress;
  }

  /// Between 90 and 110 % of the interval: nodes must not all talk at once.
  private long progressAfter(long now) {
    long interval = limits.progressInterval().toNanos();
    return now + interval - interval / 10 + random.nextLong(interval / 5 + 1);
  }

  /// Ends all watches.
  void stop(String why) {
    dispatchRest();
    List<Watcher> all = new ArrayList<>(live);
    all.addAll(behind);
    for (Watcher watcher : all) {
      long up = live.contains(watcher) ? Math.max(told, watcher.from - 1) : watcher.told;
      end(watcher, new WatchEvent.Canceled(up, Reason.STOPPED, history.oldestRevision(), why));
    }
  }

  /// What was applied before the node stopped is told still.
  private void dispatchRest() {
    while (work()) {
      // Nothing is applied any more, so this ends.
    }
  }

  private void overflow(Watcher watcher, long upTo, String why) {
    long up = Math.max(upTo, watcher.from - 1);
    overflows(1);
    end(
        watcher,
        new WatchEvent.Canceled(
            up,
            Reason.BUFFER_OVERFLOW,
            history.oldestRevision(),
            "the watch was too slow: " + why + "; watch again from revision " + (up + 1)));
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
  private void overflows(int more) {
    overflows += more;
  }

  /// Who begins after the state that took the place of the store's misses nothing.
  private void compacted(Watcher watcher, Change replacement, long up) {
    if (watcher.from <= replacement.revision()) {
      end(
          watcher,
          new WatchEvent.Canceled(
              Math.max(up, watcher.from - 1),
              Reason.COMPACTED,
              replacement.revision() + 1,
              "this node took in a snapshot of revision "
                  + replacement.revision()
                  + " and does not know what changed before; read what is there now and watch from"
                  + " the revision of that read, or ask another node"));
    }
  }

  private void end(Watcher watcher, WatchEvent.Canceled last) {
    remove(watcher);
    watcher.end(last);
  }
}
