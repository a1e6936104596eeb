package dengine.examples;

import dengine.api.Client;
import dengine.api.KeyValue;
import dengine.embedded.EmbeddedEngine;
import java.nio.file.Path;
import java.time.Duration;

/// The engine inside an application.
final class EmbeddedExample {

  private EmbeddedExample() {}

  public static void main(String[] arguments) {
    try (EmbeddedEngine engine = EmbeddedEngine.start(Path.of("data"))) {
      engine.waitReady(Duration.ofSeconds(5));
      Client client = engine.client();
      long revision = client.put("greeting", "hello");
      String text = client.get("greeting").map(KeyValue::text).orElse("nothing");
      System.out.println(text + " at revision " + revision);
    }
  }
}
