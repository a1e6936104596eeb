package dengine.examples.queue;

import dengine.api.Bytes;
import dengine.embedded.EmbeddedEngine;
import dengine.examples.queue.Broker.Delivery;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// A broker on a node that is alone: what is published is consumed, also what an earlier run left.
final class QueueExample {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private QueueExample() {}

  public static void main(String[] arguments) throws Exception {
    try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"));
        Broker broker = Broker.start(engine, "orders", PATIENCE)) {
      // A node that is alone leads; with others, whoever is told "not here" asks another broker.
      while (!broker.isOnShift()) {
        Thread.sleep(10);
      }
      for (int i = 1; i <= 3; i++) {
        broker.publish(Bytes.of("order " + i));
      }
      for (Optional<Delivery> next = broker.take(Duration.ofSeconds(1));
          next.isPresent();
          next = broker.take(Duration.ZERO)) {
        System.out.println("done with " + next.get().message().text());
        broker.acknowledge(next.get());
      }
    }
  }
}
