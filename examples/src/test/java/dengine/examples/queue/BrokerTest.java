package dengine.examples.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.examples.Programs;
import dengine.examples.queue.Broker.Delivery;
import dengine.examples.queue.Broker.NotHereException;
import dengine.testkit.cluster.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
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
    QueueLoad load = new QueueLoad(this::active);
    for (int round = 0; round < 3; round++) {
      int before = load.consumed();
      Cluster.await("messages to be consumed", () -> load.consumed() > before + 20);
      int leader = cluster.awaitLeader();
      brokers.remove(leader);
      cluster.crash(leader);
      cluster.start(leader);
      start(leader, LONG);
    }

    assertThat(load.end()).isEmpty();
    assertThat(load.consumed()).isGreaterThan(60);
  }
}
