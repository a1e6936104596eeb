package dengine.examples;

import dengine.api.Client;
import dengine.api.ClusterUnavailableException;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.embedded.EmbeddedEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// A map of services that follows the store.
final class WatchExample {

  private final Map<String, String> services = new ConcurrentSkipListMap<>();

  private WatchExample() {}

  /// Follows until the watch ends.
  void follow(Client client) {
    try (Watch watch = client.watchPrefix("/services/")) {
      Page now = client.scan(Scan.prefix("/services/"));
      services.clear();
      now.entries().forEach(entry -> services.put(entry.key().text(), entry.text()));
      for (WatchEvent event : watch) {
        if (event.revision() > now.revision()) { // the scan has the others already
          apply(event);
        }
      }
    }
  }

  private void followUntilInterrupted(EmbeddedEngine engine) {
    try {
      follow(engine.client());
    } catch (ClusterUnavailableException interrupted) {
      System.out.println("follows no more: " + interrupted.getMessage());
    }
  }

  private void apply(WatchEvent event) {
    switch (event) {
      case WatchEvent.Put put -> services.put(put.key().text(), put.value().text());
      case WatchEvent.Delete gone -> services.remove(gone.key().text());
      case WatchEvent.Progress alive -> System.out.println("nothing new at " + alive.revision());
      case WatchEvent.Canceled end -> System.out.println("watch and scan again: " + end.message());
    }
  }

  public static void main(String[] arguments) throws InterruptedException {
    WatchExample example = new WatchExample();
    try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
      engine.waitReady(Duration.ofSeconds(5));
      engine.client().put("/services/a", "10.0.0.1");
      Thread follower = Thread.startVirtualThread(() -> example.followUntilInterrupted(engine));
      engine.client().put("/services/b", "10.0.0.2");
      engine.client().delete("/services/a");
      while (!example.services.keySet().equals(java.util.Set.of("/services/b"))) {
        Thread.sleep(10);
      }
      follower.interrupt();
      follower.join();
    } finally {
      System.out.println("the map has " + example.services);
    }
  }
}
