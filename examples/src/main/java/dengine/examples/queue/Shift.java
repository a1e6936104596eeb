package dengine.examples.queue;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.ClosedException;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.examples.queue.Broker.Delivery;
import dengine.examples.queue.Broker.NotHereException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The time in which a broker's node leads. What was given out is known to it alone: the next one
/// begins with everything that is in the store.
final class Shift implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Client client;
  private final String prefix;
  private final long term;
  private final long patienceNanos;
  private final AtomicLong count = new AtomicLong();
  private final Thread follower;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by the lock: messages that wait, and until when those given out are a consumer's.
  private final TreeMap<Long, Bytes> ready = new TreeMap<>();
  private final Map<Long, Bytes> givenOut = new HashMap<>();
  private final TreeMap<Long, List<Long>> overdue = new TreeMap<>();
  /// Acknowledged at which revision, until everything up to that was told: a scan that began before
  /// still shows them.
  private final Map<Long, Long> done = new HashMap<>();

  private long told;
  private boolean over;

  Shift(Client client, String queue, long term, Duration patience) {
    this.client = client;
    this.prefix = "/queue/" + queue + "/";
    this.term = term;
    this.patienceNanos = patience.toNanos();
    this.follower = Thread.startVirtualThread(this::follow);
  }

  long term() {
    return term;
  }

  private Bytes key(long number) {
    return Bytes.of(prefix + String.format(Locale.ROOT, "%020d", number));
  }

  private long number(Bytes key) {
    return Long.parseLong(key.text().substring(prefix.length()));
  }

  /// A number that was never used, and never will be again: of one term there is one leader, and
  /// what it numbers is higher than what was numbered in earlier terms.
  private long nextNumber() {
    return (term << 32) + count.incrementAndGet();
  }

  long publish(Bytes message) throws NotHereException {
    long number = nextNumber();
    try {
      client.put(key(number), message);
      return number;
    } catch (OutcomeUnknownException unknown) {
      throw unknown;
    } catch (DEngineException refused) {
      throw new NotHereException("not published: " + refused.getMessage());
    }
  }

  Optional<Delivery> take(Duration longest) throws NotHereException {
    long end = System.nanoTime() + longest.toNanos();
    lock.lock();
    try {
      while (true) {
        requireShift();
        long now = System.nanoTime();
        takeBack(now);
        Map.Entry<Long, Bytes> next = ready.pollFirstEntry();
        if (next != null) {
          givenOut.put(next.getKey(), next.getValue());
          overdue.computeIfAbsent(now + patienceNanos, _ -> new ArrayList<>()).add(next.getKey());
          return Optional.of(new Delivery(next.getKey(), next.getValue()));
        }
        if (now - end >= 0) {
          return Optional.empty();
        }
        long until = overdue.isEmpty() ? end : Math.min(end, overdue.firstKey());
        var _ = changed.await(until - now, TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotHereException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  /// What nobody acknowledged in time waits again.
  private void takeBack(long now) {
    while (!overdue.isEmpty() && overdue.firstKey() - now <= 0) {
      for (long number : overdue.pollFirstEntry().getValue()) {
        Bytes message = givenOut.remove(number);
        if (message != null) {
          ready.put(number, message);
        }
      }
    }
  }

  void acknowledge(Delivery delivery) throws NotHereException {
    long revision;
    try {
      revision = client.delete(key(delivery.number()));
    } catch (DEngineException failed) {
      throw new NotHereException("not acknowledged: " + failed.getMessage());
    }
    lock.lock();
    try {
      ready.remove(delivery.number());
      givenOut.remove(delivery.number());
      if (revision > told) {
        done.put(delivery.number(), revision);
      }
    } finally {
      lock.unlock();
    }
  }

  List<Long> waiting() {
    lock.lock();
    try {
      return List.copyOf(ready.keySet());
    } finally {
      lock.unlock();
    }
  }

  private void requireShift() throws NotHereException {
    if (over) {
      throw new NotHereException("this broker's node does not lead any more");
    }
  }

  private void follow() {
    while (!isOver()) {
      try (Watch watch = client.watchPrefix(prefix)) {
        long revision = readAll();
        for (WatchEvent event : watch) {
          if (event instanceof WatchEvent.Change change && change.revision() > revision) {
            apply(change);
          }
        }
      } catch (ClosedException e) {
        close();
      } catch (DEngineException noAnswer) {
        pause();
      }
    }
  }

  private long readAll() {
    TreeMap<Long, Bytes> all = new TreeMap<>();
    Page page = client.scan(Scan.prefix(prefix));
    long revision = page.revision();
    add(page, all);
    while (page.next().isPresent()) {
      page = client.scan(Scan.prefix(prefix).from(page.next().get()));
      add(page, all);
    }
    lock.lock();
    try {
      toldUpTo(revision);
      all.keySet().removeAll(done.keySet());
      givenOut.keySet().retainAll(all.keySet());
      all.keySet().removeAll(givenOut.keySet());
      ready.clear();
      ready.putAll(all);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return revision;
  }

  private void add(Page page, Map<Long, Bytes> all) {
    for (KeyValue entry : page.entries()) {
      all.put(number(entry.key()), entry.value());
    }
  }

  private void apply(WatchEvent.Change change) {
    long number = number(change.key());
    lock.lock();
    try {
      switch (change) {
        case WatchEvent.Put put -> {
          // A scan of several pages may have shown it already, and somebody may have taken it.
          if (!givenOut.containsKey(number) && !done.containsKey(number)) {
            ready.put(number, put.value());
          }
        }
        case WatchEvent.Delete _ -> {
          ready.remove(number);
          givenOut.remove(number);
        }
      }
      toldUpTo(change.revision() - 1); // there may be another of the same revision
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void toldUpTo(long revision) {
    told = Math.max(told, revision);
    done.values().removeIf(at -> at <= told);
  }

  private boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      close();
    }
  }

  /// Releases those who wait.
  @Override
  public void close() {
    lock.lock();
    try {
      over = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    follower.interrupt();
  }
}
