package dengine.examples.discovery;

import dengine.api.Client;
import dengine.api.ClosedException;
import dengine.api.DEngineException;
import dengine.api.KeyValue;
import dengine.api.Page;
import dengine.api.Scan;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// Where the living instances of a service are, without asking anybody: a copy that follows the
/// store. It may be a moment late, and it goes on while the cluster cannot be reached.
final class Directory implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Client client;
  private final String prefix;
  private final Map<String, String> instances = new ConcurrentSkipListMap<>();
  private final Thread follower;
  private volatile boolean closed;

  Directory(Client client, String service) {
    this.client = client;
    this.prefix = "/services/" + service + "/";
    this.follower = Thread.startVirtualThread(this::follow);
  }

  /// The addresses known now.
  List<String> addresses() {
    return List.copyOf(instances.values());
  }

  private void follow() {
    while (!closed) {
      try {
        // Watch first, then scan: what the scan shows and what comes after it is everything.
        try (Watch watch = client.watchPrefix(prefix)) {
          long known = readAll();
          for (WatchEvent event : watch) {
            apply(event, known);
          }
        }
      } catch (ClosedException e) {
        return;
      } catch (DEngineException noAnswer) {
        pause();
      }
    }
  }

  private long readAll() {
    List<KeyValue> all = new ArrayList<>();
    Page page = client.scan(Scan.prefix(prefix));
    long known = page.revision();
    all.addAll(page.entries());
    while (page.next().isPresent()) {
      page = client.scan(Scan.prefix(prefix).from(page.next().get()));
      all.addAll(page.entries());
    }
    instances.keySet().retainAll(all.stream().map(entry -> entry.key().text()).toList());
    all.forEach(entry -> instances.put(entry.key().text(), entry.text()));
    return known; // of the first page: what changed while the others were read is told again
  }

  private void apply(WatchEvent event, long known) {
    switch (event) {
      case WatchEvent.Change old when old.revision() <= known -> {}
      case WatchEvent.Put put -> instances.put(put.key().text(), put.value().text());
      case WatchEvent.Delete gone -> instances.remove(gone.key().text());
      case WatchEvent.Progress _ -> {}
      case WatchEvent.Canceled _ -> {} // the last one: everything is read again
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public void close() {
    closed = true;
    follower.interrupt();
  }
}
