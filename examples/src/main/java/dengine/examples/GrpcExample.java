package dengine.examples;

import dengine.api.Client;
import dengine.api.KeyValue;
import dengine.client.GrpcClient;

/// An application that talks to a cluster of servers.
final class GrpcExample {

  private GrpcExample() {}

  public static void main(String[] arguments) {
    try (Client client = GrpcClient.connect("127.0.0.1:9081,127.0.0.1:9082,127.0.0.1:9083")) {
      long revision = client.put("greeting", "hello");
      String text = client.get("greeting").map(KeyValue::text).orElse("nothing");
      System.out.println(text + " at revision " + revision);
    }
  }
}
