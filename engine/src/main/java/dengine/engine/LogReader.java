package dengine.engine;

import dengine.engine.spi.LogStore;
import dengine.raft.Effect;
import dengine.raft.Event;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/// Reads older entries from disk, off the event loop. At most one read per peer and one for the
/// state machine is asked for at a time, so its queue needs no bound of its own.
final class LogReader {

  private final LogStore log;
  private final EventLoop loop;
  private final ExecutorService thread;

  LogReader(String name, LogStore log, EventLoop loop) {
    this.log = log;
    this.loop = loop;
    this.thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name(name).daemon().factory());
  }

  void submit(Effect.ReadEntries read) {
    try {
      thread.execute(() -> run(read));
    } catch (RejectedExecutionException closed) {
      // the node is closing, nobody waits for these entries any more
    }
  }

  /// Ends the thread after the reads that were asked for. It is never interrupted: that would close
  /// files.
  void close() {
    thread.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = thread.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
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
