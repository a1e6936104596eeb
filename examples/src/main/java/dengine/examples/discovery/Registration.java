package dengine.examples.discovery;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.DEngineException;
import java.time.Duration;

/// An instance of a service that is found as long as it lives: its key goes by itself unless it is
/// written again in time.
final class Registration implements AutoCloseable {

  private final Client client;
  private final Bytes key;
  private final Bytes address;
  private final Duration timeToLive;
  private final Thread renewal;

  private Registration(Client client, Bytes key, Bytes address, Duration timeToLive) {
    this.client = client;
    this.key = key;
    this.address = address;
    this.timeToLive = timeToLive;
    client.put(key, address, timeToLive);
    this.renewal = Thread.startVirtualThread(this::renew);
  }

  /// Says where an instance is.
  static Registration of(Client client, String service, String instance, String address) {
    Bytes key = Bytes.of("/services/" + service + "/" + instance);
    return new Registration(client, key, Bytes.of(address), Duration.ofSeconds(6));
  }

  private void renew() {
    try {
      while (true) {
        Thread.sleep(timeToLive.dividedBy(3));
        try {
          client.put(key, address, timeToLive);
        } catch (DEngineException noAnswer) {
          System.err.println("not renewed, next time perhaps: " + noAnswer.getMessage());
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /// Nobody finds the instance any more.
  @Override
  public void close() {
    renewal.interrupt();
    try {
      renewal.join();
      client.delete(key);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (DEngineException noAnswer) {
      System.err.println("found until its time is over: " + noAnswer.getMessage());
    }
  }
}
