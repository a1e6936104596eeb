package dengine.testkit.chaos;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A snapshot that arrived at a node, timed by the node's own clock from when it asked for it until
/// it was verified and durable there.
///
/// @param bytes its length
/// @param time from asking to having
record Transfer(long bytes, Duration time) {

  /// Waits until one has arrived.
  static Transfer await(NodeLog log, Duration patience) throws IOException, InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    List<String> arrived = log.events("snapshot-fetched");
    while (arrived.isEmpty()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("no snapshot came within " + patience);
      }
      TimeUnit.MILLISECONDS.sleep(20);
      arrived = log.events("snapshot-fetched");
    }
    String last = arrived.getFirst();
    long index = NodeLog.number(last, "index");
    String first =
        log.events("snapshot-fetch").stream()
            .filter(line -> NodeLog.number(line, "index") == index)
            .findFirst()
            .orElseThrow();
    Duration time = Duration.between(NodeLog.time(first), NodeLog.time(last));
    return new Transfer(NodeLog.number(last, "bytes"), time);
  }

  double perSecond() {
    return bytes / Math.max(1e-3, time.toNanos() / 1e9);
  }
}
