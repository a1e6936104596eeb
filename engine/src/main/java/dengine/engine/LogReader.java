package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.LogStore;
import dengine.raft.Effect;
import dengine.raft.Event;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Reads older entries from disk, off the event loop. At most one read per peer and one for the
/// state machine is asked for at a time, so its queue needs no bound of its own.
final class LogReader {

  private final LogStore log;
  private final Mailbox loop;
  private final ConcurrentLinkedQueue<Effect.ReadEntries> queue = new ConcurrentLinkedQueue<>();
  private final Execution.Worker worker;

  LogReader(String name, LogStore log, Clock clock, Execution execution, Mailbox loop) {
    this.log = log;
    this.loop = loop;
    this.worker = execution.worker(name, clock, this::round);
  }

  void start() {
    worker.start();
  }

  void submit(Effect.ReadEntries read) {
    queue.add(read);
    worker.wake();
  }

  /// Ends after the reads that were asked for.
  void close() {
    worker.close();
  }

  private long round() {
    Effect.ReadEntries read = queue.poll();
    while (read != null) {
      // A callback that ran on this thread may have left its interrupt behind.
      Thread.interrupted();
      run(read);
      read = queue.poll();
    }
    return Long.MAX_VALUE;
  }

  private void run(Effect.ReadEntries read) {
    try {
      loop.tell(
          new Event.EntriesRead(
              read.reader(), read.from(), log.read(read.from(), read.upTo(), read.maxBytes())),
          false);
    } catch (RuntimeException | Error failure) {
      // Rule L10: a read error is not the end of the data.
      loop.tell(new Event.StorageFailed(failure), false);
    }
  }
}
