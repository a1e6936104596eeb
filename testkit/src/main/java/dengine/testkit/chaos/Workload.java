package dengine.testkit.chaos;

import dengine.api.Bytes;
import dengine.api.ClosedException;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.OutcomeUnknownException;
import dengine.api.Page;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.api.Scan;
import dengine.api.Swap;
import dengine.api.Values;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import dengine.testkit.linearizability.History;
import dengine.testkit.linearizability.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// What the clients do. All of them work on the same few keys, and every few seconds move on to
/// fresh ones: the more operations of unknown outcome a key has seen, the harder its history is to
/// judge.
///
/// Every value is written once. What a client found last under a key is told to the others, so that
/// many compare-and-swaps succeed.
final class Workload {

  /// Every key begins with it, and nobody else's does: what a watch of everything covers.
  static final Bytes ALL = Bytes.of("/chaos/");

  /// The key that is written all the time by one client of its own, whatever the others are at.
  static final Bytes STEADY = Bytes.of("/chaos/steady");

  private static final long STEADY_PAUSE_NANOS = 5_000_000;

  /// What its values end with: what is on its way to somebody who reads slowly soon fills all
  /// buffers of the network, so that he is overtaken before the next fault ends his watch.
  private static final String STEADY_BULK = "-" + "x".repeat(2_000);

  /// After a refusal, so that an outage does not fill the history.
  private static final long PAUSE_NANOS = 5_000_000;

  private final ChaosOptions options;
  private final Memory memory;
  private final History history;
  private final History leaseReads;
  private final History steady = new History();
  private final long start = System.nanoTime();
  private final AtomicInteger newest = new AtomicInteger();
  private final Map<Bytes, Bytes> lastSeen = new ConcurrentHashMap<>();
  private final Set<String> surprises = ConcurrentHashMap.newKeySet();
  private final LongAdder answers = new LongAdder();
  private volatile boolean running = true;

  /// @param memory bounds how much happens
  /// @param history gets writes and linearizable reads
  /// @param leaseReads gets the reads under the leader's lease
  Workload(ChaosOptions options, Memory memory, History history, History leaseReads) {
    this.options = options;
    this.memory = memory;
    this.history = history;
    this.leaseReads = leaseReads;
  }

  /// Lets all clients end after the operation they are at.
  void stop() {
    running = false;
  }

  /// How many calls were answered so far.
  long answers() {
    return answers.sum();
  }

  /// Failures that no client should see, each kind once.
  Set<String> surprises() {
    return surprises;
  }

  /// One client, until [#stop].
  void run(int client, Store store, RandomGenerator random) {
    for (long number = 0; running; number++) {
      awaitRoom();
      boolean served = step(client, store, random, number);
      if (!served) {
        LockSupport.parkNanos(PAUSE_NANOS);
      } else if (options.pauseMicros() > 0) {
        LockSupport.parkNanos(options.pauseMicros() * 1_000L);
      }
    }
  }

  /// The client that writes [#STEADY], until [#stop]. It reads nothing and has a history of its
  /// own, for whoever judges watches: a search for an order of so many writes of one key would say
  /// nothing about others.
  void writeSteadily(Store store, RandomGenerator random) {
    for (long number = 0; running; number++) {
      awaitRoom();
      if (random.nextInt(5) == 0) {
        attempt(
            steady.invoke(0, new Call.Delete(STEADY)),
            () -> new Answer.Written(store.delete(STEADY)));
      } else {
        mark(store, "steady-" + number);
      }
      LockSupport.parkNanos(STEADY_PAUSE_NANOS);
    }
  }

  /// Writes [#STEADY] once more.
  ///
  /// @return the revision; empty if that was not acknowledged
  OptionalLong mark(Store store, String value) {
    Bytes bytes = Bytes.of(value + STEADY_BULK);
    long[] revision = {0};
    boolean written =
        attempt(
            steady.invoke(0, new Call.Put(STEADY, bytes)),
            () -> {
              revision[0] = store.put(STEADY, bytes);
              return new Answer.Written(revision[0]);
            });
    return written ? OptionalLong.of(revision[0]) : OptionalLong.empty();
  }

  /// What [#writeSteadily] and [#mark] did.
  List<Operation> steadyWrites() {
    return steady.operations();
  }

  private boolean step(int client, Store store, RandomGenerator random, long number) {
    int epoch = epoch();
    Bytes key = key(epoch, random.nextInt(options.keys()));
    Bytes value = Bytes.of(client + "-" + number);
    int dice = random.nextInt(100);
    if (dice < 25) {
      return put(client, store, key, value);
    } else if (dice < 50) {
      return swap(client, store, key, value);
    } else if (dice < 53) {
      return delete(client, store, key);
    } else if (dice < 73) {
      return get(client, store, key);
    } else if (dice < 83) {
      return leaseGet(client, store, key);
    } else if (dice < 94) {
      Bytes other = key(epoch, random.nextInt(options.keys()));
      Bytes third = key(epoch, random.nextInt(options.keys()));
      return getMany(client, store, List.of(key, other, third));
    }
    return scan(client, store, prefix(epoch));
  }

  private void awaitRoom() {
    while (running && memory.isAhead()) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private int epoch() {
    int epoch = (int) ((System.nanoTime() - start) / options.epoch().toNanos());
    newest.accumulateAndGet(epoch, Math::max);
    return epoch;
  }

  private static String prefix(int epoch) {
    return "/chaos/e" + epoch + "/";
  }

  private static Bytes key(int epoch, int number) {
    return Bytes.of(prefix(epoch) + "k" + number);
  }

  private boolean put(int client, Store store, Bytes key, Bytes value) {
    return record(
        history.invoke(client, new Call.Put(key, value)),
        () -> {
          long revision = store.put(key, value);
          lastSeen.put(key, value);
          return new Answer.Written(revision);
        });
  }

  private boolean delete(int client, Store store, Bytes key) {
    return record(
        history.invoke(client, new Call.Delete(key)),
        () -> {
          long revision = store.delete(key);
          lastSeen.remove(key);
          return new Answer.Written(revision);
        });
  }

  private boolean swap(int client, Store store, Bytes key, Bytes value) {
    Optional<Bytes> expected = Optional.ofNullable(lastSeen.get(key));
    return record(
        history.invoke(client, new Call.CompareAndSwap(key, expected, value)),
        () -> {
          Swap swap = store.compareAndSwap(key, expected, value);
          if (swap.succeeded()) {
            lastSeen.put(key, value);
          }
          return new Answer.Swapped(swap.succeeded(), swap.revision());
        });
  }

  private boolean get(int client, Store store, Bytes key) {
    return record(
        history.invoke(client, new Call.Get(key)),
        () -> new Answer.Found(seen(key, store.get(key, ReadPolicy.LINEARIZABLE))));
  }

  private boolean leaseGet(int client, Store store, Bytes key) {
    return record(
        leaseReads.invoke(client, new Call.Get(key)),
        () -> new Answer.Found(store.get(key, ReadPolicy.LEASE)));
  }

  private Optional<KeyValue> seen(Bytes key, Optional<KeyValue> found) {
    found.ifPresentOrElse(record -> lastSeen.put(key, record.value()), () -> lastSeen.remove(key));
    return found;
  }

  private boolean getMany(int client, Store store, List<Bytes> keys) {
    return record(
        history.invoke(client, new Call.GetMany(keys)),
        () -> {
          Values values = store.getMany(keys);
          return new Answer.FoundMany(values.revision(), values.values());
        });
  }

  private boolean scan(int client, Store store, String prefix) {
    return record(
        history.invoke(client, new Call.Scan(Bytes.of(prefix))),
        () -> {
          Page page = store.scan(Scan.prefix(prefix));
          return new Answer.Scanned(page.revision(), page.entries(), page.next());
        });
  }

  /// Reads every key once more, so that writes of unknown outcome show what became of them. Called
  /// when all clients have ended and the cluster is whole.
  ///
  /// @return the prefixes of all epochs
  List<String> readEverything(Store store) {
    List<String> prefixes = new ArrayList<>();
    for (int epoch = 0; epoch <= newest.get(); epoch++) {
      prefixes.add(prefix(epoch));
      if (!scan(0, store, prefix(epoch))) {
        throw new IllegalStateException("the cluster is whole but does not serve");
      }
    }
    return prefixes;
  }

  /// Carries a call out, notes how it ended, and counts its answer; whether there was one.
  private boolean record(History.Pending pending, Supplier<Answer> call) {
    boolean answered = attempt(pending, call);
    if (answered) {
      answers.increment();
    }
    return answered;
  }

  private boolean attempt(History.Pending pending, Supplier<Answer> call) {
    memory.addOperation();
    try {
      pending.answer(call.get());
      return true;
    } catch (RejectedException rejected) {
      pending.answer(new Answer.Rejected());
      return false;
    } catch (ClosedException closed) {
      pending.answer(new Answer.Unknown());
      return false;
    } catch (DEngineException unknown) {
      if (unknown.getClass() != OutcomeUnknownException.class) {
        surprises.add(unknown.toString());
      }
      pending.answer(new Answer.Unknown());
      return false;
    } catch (RuntimeException surprise) {
      surprises.add(surprise.toString());
      pending.answer(new Answer.Unknown());
      return false;
    }
  }
}
