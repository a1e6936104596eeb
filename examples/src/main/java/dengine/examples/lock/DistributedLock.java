package dengine.examples.lock;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.Swap;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/// A lock held by at most one of many processes, each with a client of the same cluster.
///
/// The lock is a key. Whoever creates it holds the lock until it removes the key or does not renew
/// it for a time to live: a holder that dies is succeeded after that. **A holder that is stopped
/// for longer does not know that it is succeeded**, so what the lock protects should compare the
/// [Held#token] of whoever comes: it is higher for every later holder.
final class DistributedLock {

  private static final Bytes GIVEN_BACK = Bytes.EMPTY;
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  private final Client client;
  private final Bytes key;
  private final Duration timeToLive;

  DistributedLock(Client client, String name, Duration timeToLive) {
    this.client = client;
    this.key = Bytes.of("/locks/" + name);
    this.timeToLive = timeToLive;
  }

  /// Waits until this process holds the lock.
  ///
  /// @return the held lock; empty if others held it for all that time
  Optional<Held> acquire(Duration patience) {
    Bytes holder = Bytes.of(UUID.randomUUID().toString());
    long end = System.nanoTime() + patience.toNanos();
    try (Watch watch = client.watch(key)) {
      while (true) {
        Optional<Held> held = tryOnce(holder);
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (held.isPresent() || !left.isPositive()) {
          return held;
        }
        // Whatever happens to the key is a reason to look again; so is the end of the watch.
        if (watch.poll(left).orElse(null) instanceof WatchEvent.Canceled) {
          return acquire(left);
        }
      }
    }
  }

  private Optional<Held> tryOnce(Bytes holder) {
    long asked = System.nanoTime();
    Swap created = swap(Optional.empty(), holder, timeToLive);
    if (!created.succeeded()) {
      created = swap(Optional.of(GIVEN_BACK), holder, timeToLive);
    }
    return created.succeeded()
        ? Optional.of(new Held(holder, created.revision(), asked))
        : Optional.empty();
  }

  /// A swap of unknown outcome is looked up: nobody else writes this holder's name.
  private Swap swap(Optional<Bytes> expected, Bytes value, Duration ttl) {
    try {
      return client.compareAndSwap(key, expected, value, ttl);
    } catch (OutcomeUnknownException unknown) {
      Optional<KeyValue> now = client.get(key).filter(it -> it.value().equals(value));
      return new Swap(now.isPresent(), now.map(KeyValue::modRevision).orElse(0L));
    }
  }

  /// The lock, held by this process until it is closed, or lost.
  final class Held implements AutoCloseable {

    private final Bytes holder;
    private final long token;
    private final Thread renewal;
    private volatile boolean taken;

    /// When that was asked for which was confirmed last.
    private volatile long confirmed;

    private Held(Bytes holder, long token, long asked) {
      this.holder = holder;
      this.token = token;
      this.confirmed = asked;
      this.renewal = Thread.startVirtualThread(this::renew);
    }

    /// Higher than that of everybody who held the lock before: the place in the log where this
    /// holder got it.
    long token() {
      return token;
    }

    /// Whether somebody else may hold the lock by now, as far as this process can know.
    boolean isLost() {
      return taken || System.nanoTime() - confirmed >= timeToLive.toNanos();
    }

    private void renew() {
      try {
        while (!isLost()) {
          Thread.sleep(timeToLive.dividedBy(3));
          renewOnce();
        }
      } catch (InterruptedException e) {
        // Given back.
      }
    }

    private void renewOnce() {
      long asked = System.nanoTime();
      try {
        if (client.compareAndSwap(key, Optional.of(holder), holder, timeToLive).succeeded()) {
          confirmed = asked;
        } else {
          taken = true;
        }
      } catch (DEngineException noAnswer) {
        // Perhaps renewed, perhaps not: next time it may be known.
      }
    }

    /// Gives the lock back. If nobody answers, it is free after its time to live.
    @Override
    public void close() {
      renewal.interrupt();
      try {
        renewal.join();
        swap(Optional.of(holder), GIVEN_BACK, AT_ONCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (DEngineException noAnswer) {
        System.err.println("the lock is free after its time to live: " + noAnswer.getMessage());
      }
    }
  }
}
