package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import dengine.engine.spi.Transport;
import dengine.raft.Position;
import dengine.raft.Refusal;
import java.util.Optional;

/// A node's snapshots: what it has, takes, sends and fetches.
final class Snapshots {

  private static final int ATTEMPTS = 3;

  private final SnapshotStore store;
  private final Clock clock;
  private final SnapshotCounters counters = new SnapshotCounters();
  private final SnapshotTaker taker;
  private final Transfers transfers;

  /// Written by the event loop.
  private volatile long logBase;

  /// @param name of the threads, less what they do
  /// @param logBase index right before the log's first entry
  Snapshots(
      String name,
      int id,
      SnapshotStore store,
      SnapshotOptions options,
      Clock clock,
      Execution execution,
      Transport transport,
      long logBase,
      Mailbox loop) {
    this.store = store;
    this.clock = clock;
    this.logBase = logBase;
    UnreadableSnapshots unreadable = new UnreadableSnapshots(id, store);
    this.taker =
        new SnapshotTaker(
            name + "-snapshot", id, store, options, clock, execution, loop, counters, unreadable);
    this.transfers =
        new Transfers(
            name + "-transfer",
            clock,
            execution,
            new SnapshotSender(
                id, store, options, clock, transport, loop, counters, this::logBase, unreadable),
            new SnapshotReceiver(id, store, options, clock, transport, loop, counters));
  }

  SnapshotTaker taker() {
    return taker;
  }

  Transfers transfers() {
    return transfers;
  }

  /// A snapshot must not outlive the log it covers: when all have lost power, a node that kept it
  /// would go on from what nobody else has.
  void start(Applier applier, LogWriter writer) {
    taker.start(
        answer ->
            applier.askView(
                view ->
                    writer.onceSynced(
                        () -> answer.accept(view),
                        why -> {
                          view.release();
                          answer.accept(new StateView.Failed(why));
                        })));
    transfers.start();
  }

  void close() {
    transfers.close();
    taker.close();
  }

  /// Index right before the log's first entry.
  long logBase() {
    return logBase;
  }

  /// The log begins right after this position, or before.
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the event loop
  void logBegins(Position base) {
    logBase = Math.max(logBase, base.index());
  }

  /// The newest, for reading. Its owner closes it.
  SnapshotStore.Reading openNewest() {
    for (int attempt = 1; ; attempt++) {
      Snapshot newest =
          store
              .latest()
              .orElseThrow(
                  () -> new NodeException.Refused(new Refusal.Invalid("there is no snapshot yet")));
      try {
        return store.open(newest.point().position());
      } catch (StorageException gone) {
        boolean replaced = store.latest().filter(newest::equals).isEmpty();
        if (!replaced || attempt == ATTEMPTS) {
          throw gone;
        }
      }
    }
  }

  SnapshotActivity activity() {
    return counters.sum();
  }

  NodeStatus.History status() {
    Optional<NodeStatus.Kept> newest =
        store
            .latest()
            .map(
                snapshot ->
                    new NodeStatus.Kept(
                        snapshot.point().position(),
                        snapshot.bytes(),
                        Math.max(0, clock.wallMillis() - snapshot.createdMillis())));
    return new NodeStatus.History(logBase + 1, newest, transfers.underWay());
  }
}
