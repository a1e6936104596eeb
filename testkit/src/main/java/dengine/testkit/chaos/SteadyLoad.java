package dengine.testkit.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Clients that write to a [Ledger] all the time until they are closed.
final class SteadyLoad implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long PAUSE_AFTER_FAILURE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Ledger ledger;
  private final List<Thread> clients = new ArrayList<>();
  private final List<Store> stores = new ArrayList<>();
  private volatile boolean running = true;

  private SteadyLoad(Ledger ledger) {
    this.ledger = ledger;
  }

  /// Starts this many clients, each with a connection of its own.
  static SteadyLoad start(Target target, Ledger ledger, int count) {
    SteadyLoad load = new SteadyLoad(ledger);
    for (int i = 0; i < count; i++) {
      Store store = target.connect();
      load.stores.add(store);
      load.clients.add(Thread.ofVirtual().name("client-" + i).start(() -> load.write(store)));
    }
    return load;
  }

  private void write(Store store) {
    while (running) {
      boolean acknowledged = ledger.write(store);
      LockSupport.parkNanos(acknowledged ? PAUSE_NANOS : PAUSE_AFTER_FAILURE_NANOS);
    }
  }

  /// Waits until this many more writes are acknowledged.
  void await(int more, Duration patience) throws InterruptedException {
    int enough = ledger.acknowledged() + more;
    long end = System.nanoTime() + patience.toNanos();
    while (ledger.acknowledged() < enough) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "not %d more writes were acknowledged within %s".formatted(more, patience));
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Override
  public void close() {
    running = false;
    try {
      for (Thread client : clients) {
        client.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stores.forEach(Store::close);
  }
}
