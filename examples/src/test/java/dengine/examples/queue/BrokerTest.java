package dengine.examples.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.OutcomeUnknownException;
import dengine.examples.Programs;
import dengine.examples.queue.Broker.Delivery;
import dengine.examples.queue.Broker.NotHereException;
import dengine.testkit.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three brokers, each on a node of one cluster.
@Timeout(120)
final class BrokerTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path folder;

  private final Map<Integer, Broker> brokers = new ConcurrentHashMap<>();
  private Cluster cluster;

  @BeforeEach
  void start() {
    cluster = Cluster.of(3).start(folder);
    cluster.nodes().forEach(node -> start(node, LONG));
  }

  private void start(int node, Duration patience) {
    brokers.put(node, Broker.start(cluster.engine(node), "orders", patience));
  }

  @AfterEach
  void stop() {
    brokers.values().forEach(Broker::close);
    cluster.close();
  }

  /// The broker that gives messages out, as soon as there is one.
  private Broker active() {
    Cluster.await(
        "a broker that gives messages out",
        () -> brokers.values().stream().anyMatch(Broker::isOnShift));
    return brokers.values().stream()
        .filter(Broker::isOnShift)
        .findFirst()
        .orElseGet(this::active); // it was, a moment ago
  }

  @Test
  void messagesComeInTheirOrderAndEachOnce() throws Exception {
    Broker broker = active();
    for (int i = 0; i < 20; i++) {
      broker.publish(Bytes.of("order " + i));
    }

    for (int i = 0; i < 20; i++) {
      Delivery next = broker.take(LONG).orElseThrow();
      assertThat(next.message().text()).isEqualTo("order " + i);
      broker.acknowledge(next);
    }
    assertThat(broker.take(Duration.ZERO)).isEmpty();
    assertThat(broker.waiting()).isEmpty();
  }

  @Test
  void aConsumerThatWaitsGetsWhatIsPublished() throws Exception {
    Broker broker = active();
    CompletableFuture<Optional<Delivery>> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return broker.take(LONG);
              } catch (NotHereException e) {
                throw new CompletionException(e);
              }
            });

    broker.publish(Bytes.of("at last"));

    assertThat(waiting.join().orElseThrow().message().text()).isEqualTo("at last");
  }

  @Test
  void whatNobodyAcknowledgesInTimeIsGivenOutAgain() throws Exception {
    brokers.values().forEach(Broker::close);
    cluster.nodes().forEach(node -> start(node, SHORT));
    Broker broker = active();
    broker.publish(Bytes.of("x"));

    Delivery first = broker.take(LONG).orElseThrow();
    assertThat(broker.take(Duration.ZERO)).as("it is the first one's").isEmpty();
    Delivery again = broker.take(LONG).orElseThrow();

    assertThat(again).isEqualTo(first);
    broker.acknowledge(first);
    assertThat(broker.take(SHORT.multipliedBy(2))).isEmpty();
  }

  @Test
  void aBrokerThatDoesNotLeadRefuses() {
    Broker leader = active();

    for (Broker broker : brokers.values()) {
      if (broker != leader) {
        assertThatThrownBy(() -> broker.publish(Bytes.of("x")))
            .isInstanceOf(NotHereException.class);
        assertThatThrownBy(() -> broker.take(LONG)).isInstanceOf(NotHereException.class);
      }
    }
  }

  @Test
  void whoeverWaitsIsReleasedWhenTheBrokerStops() throws Exception {
    Broker broker = active();
    CompletableFuture<Optional<Delivery>> waiting = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                begun.countDown();
                waiting.complete(broker.take(LONG));
              } catch (NotHereException released) {
                waiting.completeExceptionally(released);
              }
            });
    begun.await();

    broker.close();

    assertThat(waiting)
        .failsWithin(LONG)
        .withThrowableThat()
        .withCauseInstanceOf(NotHereException.class);
    assertThatThrownBy(() -> broker.take(LONG)).isInstanceOf(NotHereException.class);
  }

  @Test
  void theProgramConsumesWhatItPublished() throws Exception {
    String printed = Programs.run(folder, QueueExample.class.getName(), List.of());

    assertThat(printed.lines().filter(line -> line.startsWith("done")))
        .containsExactly("done with order 1", "done with order 2", "done with order 3");
  }

  /// The node that leads is killed again and again under a publisher and two consumers.
  @Test
  void noMessageThatWasPublishedIsLostAndNoneComesAgainThatWasAcknowledged() throws Exception {
    Set<String> published = ConcurrentHashMap.newKeySet();
    Set<String> tried = ConcurrentHashMap.newKeySet();
    Set<String> consumed = ConcurrentHashMap.newKeySet();
    Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    AtomicBoolean publishing = new AtomicBoolean(true);
    AtomicBoolean consuming = new AtomicBoolean(true);
    List<Thread> threads = new ArrayList<>();
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  for (int i = 0; publishing.get(); i++) {
                    String text = "message " + i;
                    tried.add(text);
                    try {
                      active().publish(Bytes.of(text));
                      published.add(text);
                    } catch (NotHereException | OutcomeUnknownException mayBeLost) {
                      // Nobody was told that it is there.
                    }
                  }
                }));
    for (int consumer = 0; consumer < 2; consumer++) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .start(
                  () -> {
                    while (consuming.get()) {
                      consume(consumed, acknowledged, wrong);
                    }
                  }));
    }

    for (int round = 0; round < 3; round++) {
      int before = consumed.size();
      Cluster.await("messages to be consumed", () -> consumed.size() > before + 20);
      int leader = cluster.awaitLeader();
      brokers.remove(leader);
      cluster.crash(leader);
      cluster.start(leader);
      start(leader, LONG);
    }
    publishing.set(false);
    threads.getFirst().join();
    Cluster.await("every message to be consumed", () -> consumed.containsAll(published));
    consuming.set(false);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(wrong).isEmpty();
    assertThat(published).hasSizeGreaterThan(60);
    Set<String> strangers = new HashSet<>(consumed);
    strangers.removeAll(tried);
    assertThat(strangers).isEmpty();
    assertThat(acknowledged).hasSizeGreaterThan(60);
  }

  private void consume(
      Set<String> consumed, Set<Long> acknowledged, ConcurrentLinkedQueue<String> wrong) {
    try {
      Broker broker = active();
      Optional<Delivery> next = broker.take(Duration.ofMillis(50));
      if (next.isPresent()) {
        if (acknowledged.contains(next.get().number())) {
          wrong.add("given out again after it was acknowledged: " + next.get());
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
