package dengine.examples.lock;

import dengine.api.Client;
import dengine.embedded.EmbeddedEngine;
import java.nio.file.Path;
import java.time.Duration;

/// Three workers of whom one works at a time. With servers, the client is a `GrpcClient` and the
/// workers are processes.
final class LockExample {

  private LockExample() {}

  public static void main(String[] arguments) throws InterruptedException {
    try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
      engine.waitReady(Duration.ofSeconds(10));
      Thread[] workers = new Thread[3];
      for (int i = 0; i < workers.length; i++) {
        String name = "worker " + (i + 1);
        workers[i] = Thread.startVirtualThread(() -> work(name, engine.client()));
      }
      for (Thread worker : workers) {
        worker.join();
      }
    }
  }

  private static void work(String name, Client client) {
    DistributedLock lock = new DistributedLock(client, "printer", Duration.ofSeconds(5));
    try (DistributedLock.Held held = lock.acquire(Duration.ofSeconds(30)).orElseThrow()) {
      System.out.println(name + " begins with token " + held.token());
      System.out.println(name + " ends");
    }
  }
}
