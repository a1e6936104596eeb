package dengine.examples.discovery;

import dengine.api.Client;
import dengine.client.GrpcClient;
import dengine.embedded.EmbeddedEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Two instances come, one goes. With the address of a server it uses that, otherwise an engine in
/// this process; the code is the same.
final class DiscoveryExample {

  private DiscoveryExample() {}

  public static void main(String[] endpoints) throws InterruptedException {
    if (endpoints.length > 0) {
      try (Client client = GrpcClient.connect(endpoints[0])) {
        run(client);
      }
    } else {
      try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
        engine.waitReady(Duration.ofSeconds(10));
        run(engine.client());
      }
    }
  }

  private static void run(Client client) throws InterruptedException {
    try (Directory directory = new Directory(client, "shop");
        Registration _ = Registration.of(client, "shop", "a", "10.0.0.1:80")) {
      try (Registration _ = Registration.of(client, "shop", "b", "10.0.0.2:80")) {
        await(directory, List.of("10.0.0.1:80", "10.0.0.2:80"));
      }
      await(directory, List.of("10.0.0.1:80"));
    }
  }

  private static void await(Directory directory, List<String> expected)
      throws InterruptedException {
    while (!directory.addresses().equals(expected)) {
      Thread.sleep(10);
    }
    System.out.println("shop is at " + expected);
  }
}
