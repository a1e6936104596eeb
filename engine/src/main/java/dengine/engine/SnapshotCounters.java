package dengine.engine;

import java.util.concurrent.atomic.LongAdder;

/// Counts what is done with snapshots, by any thread.
final class SnapshotCounters {

  final LongAdder taken = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder sent = new LongAdder();
  final LongAdder received = new LongAdder();
  final LongAdder resumed = new LongAdder();
  final LongAdder transfersFailed = new LongAdder();
  final LongAdder bytesSent = new LongAdder();
  final LongAdder bytesReceived = new LongAdder();
  volatile long lastBytes;
  volatile long lastMillis;

  SnapshotActivity sum() {
    return new SnapshotActivity(
        taken.sum(),
        failed.sum(),
        lastBytes,
        lastMillis,
        sent.sum(),
        received.sum(),
        resumed.sum(),
        transfersFailed.sum(),
        bytesSent.sum(),
        bytesReceived.sum());
  }
}
