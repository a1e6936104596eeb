package dengine.examples.queue;

import dengine.api.Bytes;
import dengine.api.OutcomeUnknownException;
import dengine.examples.queue.Broker.Delivery;
import dengine.examples.queue.Broker.NotHereException;
import dengine.testkit.cluster.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/// A publisher and two consumers who go to whichever broker gives messages out, and remember what
/// they were promised.
final class QueueLoad {

  private final Supplier<Broker> active;
  private final Set<String> tried = ConcurrentHashMap.newKeySet();
  private final Set<String> published = ConcurrentHashMap.newKeySet();
  private final Set<String> consumed = ConcurrentHashMap.newKeySet();
  private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<String> broken = new ConcurrentLinkedQueue<>();
  private final List<Thread> consumers = new ArrayList<>();
  private final Thread publisher;
  private volatile boolean publishing = true;
  private volatile boolean consuming = true;

  QueueLoad(Supplier<Broker> active) {
    this.active = active;
    publisher = Thread.ofPlatform().daemon().start(this::publish);
    for (int i = 0; i < 2; i++) {
      consumers.add(Thread.ofPlatform().daemon().start(this::consume));
    }
  }

  int consumed() {
    return consumed.size();
  }

  /// Stops publishing, and consuming once everything is consumed.
  ///
  /// @return which promises were broken
  List<String> end() throws InterruptedException {
    publishing = false;
    publisher.join();
    Cluster.await("every message to be consumed", () -> consumed.containsAll(published));
    consuming = false;
    for (Thread consumer : consumers) {
      consumer.join();
    }
    Set<String> strangers = new HashSet<>(consumed);
    strangers.removeAll(tried);
    strangers.forEach(text -> broken.add("nobody published " + text));
    return List.copyOf(broken);
  }

  private void publish() {
    for (int i = 0; publishing; i++) {
      String text = "message " + i;
      tried.add(text);
      try {
        active.get().publish(Bytes.of(text));
        published.add(text);
      } catch (NotHereException | OutcomeUnknownException mayBeLost) {
        // Nobody was told that it is there.
      }
    }
  }

  private void consume() {
    while (consuming) {
      try {
        Broker broker = active.get();
        Set<Long> before = Set.copyOf(acknowledged);
        Optional<Delivery> next = broker.take(Duration.ofMillis(50));
        if (next.isPresent()) {
          if (before.contains(next.get().number())) {
            broken.add("given out again after it was acknowledged: " + next.get());
          }
          consumed.add(next.get().message().text());
          broker.acknowledge(next.get());
          acknowledged.add(next.get().number());
        }
      } catch (NotHereException elsewhere) {
        // Another broker will.
      }
    }
  }
}
