package dengine.testkit.chaos;

import dengine.api.DEngineException;
import dengine.testkit.linearizability.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Those who watch while others write, and one more who writes the key that one of them watches.
/// Belongs to the run's thread.
final class Onlookers implements AutoCloseable {

  /// Longest time until a watch begins, or is told the last change, while nothing is in the way.
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject(Workload.ALL, true, false),
          new Subject(Workload.STEADY, false, false),
          new Subject(Workload.ALL, true, true));

  private final ChaosOptions options;
  private final Workload workload;
  private final AtomicLong room;
  private final List<Store> stores = new ArrayList<>();
  private final List<Observer> observers = new ArrayList<>();
  private final Thread writer;

  Onlookers(Target target, ChaosOptions options, Workload workload) {
    this.options = options;
    this.workload = workload;
    this.room = new AtomicLong(options.maxEvents());
    for (Subject subject : SUBJECTS) {
      Store store = target.connect();
      stores.add(store);
      observers.add(new Observer(subject, store, room));
    }
    Store written = target.connect();
    stores.add(written);
    Random random = new Random(options.seed());
    this.writer =
        Thread.ofVirtual().name("steady").unstarted(() -> workload.writeSteadily(written, random));
  }

  /// Watches first, so that nothing is missed.
  void start() throws InterruptedException {
    for (Observer each : observers) {
      each.start(PATIENCE);
    }
    writer.start();
  }

  /// How many events were told so far, progress included.
  long events() {
    return options.maxEvents() - room.get();
  }

  /// Lets everybody catch up, scans, has them watch a little further than that, and judges. Called
  /// when all clients have ended and the cluster is whole.
  ///
  /// @param operations what the other clients did
  WatchVerdict end(Store store, List<Operation> operations) throws InterruptedException {
    writer.join();
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
