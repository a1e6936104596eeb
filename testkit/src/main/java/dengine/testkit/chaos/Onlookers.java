package dengine.testkit.chaos;

import dengine.api.DEngineException;
import dengine.testkit.linearizability.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Those who watch while others write, and one more who writes the key that one of them watches.
/// Belongs to the run's thread.
final class Onlookers implements AutoCloseable {

  /// How many changes servers should remember, so that it happens that they do not.
  static final int HISTORY = 2_400;

  /// How many events servers should have waiting for one watch, as the original's cannot say.
  static final int BUFFER = 64;

  /// Longest time until a watch begins, or is told the last change, while nothing is in the way.
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// After how many changes those who stay at one server leave it by themselves.
  private static final int STAY = 1_500;

  /// How many changes a slow reader lets go by: more than a stream and the buffers on its way hold.
  private static final int PAUSE = 600;

  /// How many go by for somebody who is to miss them, a client among them that fetches what it
  /// missed: more than servers remember.
  private static final int AWAY = HISTORY + 400;
  private static final int SMALL_BUFFER = 16;

  private static final Subject EVERYTHING = new Subject(Workload.ALL, true, false);
  private static final Subject WITH_PREVIOUS = new Subject(Workload.ALL, true, true);

  private static final List<Manner> MANNERS =
      List.of(
          Manner.client(EVERYTHING),
          Manner.client(new Subject(Workload.STEADY, false, false)),
          Manner.client(WITH_PREVIOUS),
          Manner.client(EVERYTHING).at(Wire.OWN, STAY, Turns.Kind.RESUMED, Turns.Kind.BROKEN),
          Manner.client(WITH_PREVIOUS).at(Wire.OWN, STAY, Turns.Kind.ANEW).repeating().away(AWAY),
          Manner.client(WITH_PREVIOUS).at(Wire.ORIGINAL, STAY, Turns.Kind.ANEW),
          Manner.client(EVERYTHING).slow(SMALL_BUFFER, AWAY),
          Manner.client(EVERYTHING).at(Wire.OWN, 0).repeating().slow(SMALL_BUFFER, PAUSE),
          Manner.client(EVERYTHING).at(Wire.ORIGINAL, 0).slow(0, PAUSE));

  private final ChaosOptions options;
  private final Workload workload;
  private final Memory memory;
  private final List<Store> stores = new ArrayList<>();
  private final List<Observer> observers = new ArrayList<>();
  private final Thread writer;

  Onlookers(Target target, ChaosOptions options, Memory memory, Workload workload) {
    this.options = options;
    this.workload = workload;
    this.memory = memory;
    for (Manner manner : MANNERS) {
      Store store = target.connect();
      stores.add(store);
      Observer.Feeds feeds =
          manner.wire() == Wire.CLIENT
              ? whereverAClientGoes(manner.what(), store)
              : oneServerAfterTheOther(target, manner, observers.size());
      observers.add(new Observer(manner, lying(feeds), store, this::happened, memory));
    }
    Store written = target.connect();
    stores.add(written);
    Random random = new Random(options.seed());
    this.writer =
        Thread.ofVirtual().name("steady").unstarted(() -> workload.writeSteadily(written, random));
  }

  private Observer.Feeds lying(Observer.Feeds feeds) {
    ChaosOptions.Lie lie = options.lie();
    return lie.ofWatches() ? each -> new LyingFeed(feeds.open(each), lie) : feeds;
  }

  private static Observer.Feeds whereverAClientGoes(Subject what, Store store) {
    return options -> Feed.of(store.watch(what.what(), what.prefix(), options), true);
  }

  private static Observer.Feeds oneServerAfterTheOther(Target target, Manner manner, int first) {
    AtomicInteger turn = new AtomicInteger(first);
    return options -> {
      List<Integer> nodes = target.nodes();
      return target.watch(nodes.get(turn.getAndIncrement() % nodes.size()), manner, options);
    };
  }

  /// How many changes there were so far, as somebody knows who always reads.
  private long happened() {
    return observers.getFirst().changes();
  }

  /// Watches first, so that nothing is missed.
  void start() throws InterruptedException {
    for (Observer each : observers) {
      each.start(PATIENCE);
    }
    writer.start();
  }

  /// What has to be told, or to happen to those who watch, before the run counts.
  List<String> missing() {
    List<String> missing = new ArrayList<>();
    if (memory.events() < options.minEvents()) {
      missing.add("only %d events, wanted %d".formatted(memory.events(), options.minEvents()));
    }
    observers.forEach(each -> missing.addAll(each.missing(options.minTurns())));
    return missing;
  }

  /// Lets everybody catch up, scans, has them watch a little further than that, and judges. Called
  /// when all clients have ended and the cluster is whole.
  ///
  /// @param operations what the other clients did
  WatchVerdict end(Store store, List<Operation> operations) throws InterruptedException {
    writer.join();
    observers.forEach(Observer::hurry);
    // Whoever has to begin anew has done so before the scan that he is held against.
    long first = mark(store, "caught-up");
    for (Observer each : observers) {
      each.await(first, PATIENCE);
    }
    Contents contents = scan(store);
    long last = mark(store, "last");
    List<Observation> observations = new ArrayList<>();
    for (Observer each : observers) {
      observations.add(each.end(last, PATIENCE));
    }
    List<Operation> all = new ArrayList<>(operations);
    all.addAll(workload.steadyWrites());
    return WatchValidator.judge(observations, all, contents);
  }

  private static Contents scan(Store store) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return Contents.read(store, Workload.ALL);
      } catch (DEngineException notYet) {
        if (System.nanoTime() - end > 0) {
          throw notYet;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private long mark(Store store, String value) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    for (int i = 0; System.nanoTime() - end < 0; i++) {
      OptionalLong revision = workload.mark(store, value + "-" + i);
      if (revision.isPresent()) {
        return revision.getAsLong();
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
    throw new IllegalStateException("the cluster is whole but acknowledges no write");
  }

  @Override
  public void close() {
    stores.forEach(Store::close);
  }
}
