package dengine.engine;

import dengine.engine.spi.Transport;
import dengine.interleaving.Together;
import dengine.raft.Effect;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Lets a model checker run the event loop, which has a snapshot fetched, and the network, which
/// brings its pieces, against the worker that writes them, in every order it can think of.
@SuppressWarnings("missing-explicit-ctor") // public because the model checker asks for it
public class InterleavedTransfersTest {

  private static final int INVOCATIONS = 150;

  /// What the first line of a log sets up has loops that the checker takes for endless ones.
  @BeforeAll
  static void writeOneLine() {
    System.getLogger(SnapshotReceiver.class.getName())
        .log(System.Logger.Level.INFO, () -> "event=%s number=%d".formatted("first-line", 1));
  }

  @Test
  void whatTheNetworkBringsIsTakenAlthoughNobodyComesAgain() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Bench bench = new Bench();
          Together.run(bench.carrier, bench.transfers::start, bench::fetch);
          bench.mustHaveFetched();
        });
  }

  /// A node that fetches two bytes, in two pieces, from a network that answers from a thread of its
  /// own.
  private static final class Bench implements Transport, Mailbox {
    private static final SnapshotPoint POINT =
        new SnapshotPoint(new Position(9, 1), 0, Membership.of(1), 0);

    private final Together carrier = new Together();
    private final MemorySnapshots store = new MemorySnapshots();
    private final Transfers transfers;
    private volatile int fetched;
    private volatile boolean wrong;

    Bench() {
      ModelledExecution threads = new ModelledExecution(carrier);
      SnapshotOptions options = SnapshotOptions.DEFAULT.withTransfer(0, 1, 2);
      SnapshotCounters counters = new SnapshotCounters();
      this.transfers =
          new Transfers(
              "transfer",
              threads,
              threads,
              new SnapshotSender(
                  1,
                  store,
                  options,
                  threads,
                  this,
                  this,
                  counters,
                  () -> 0,
                  new UnreadableSnapshots(1, store)),
              new SnapshotReceiver(1, store, options, threads, this, this, counters));
      Together.share(this, transfers);
    }

    void fetch() {
      int fingerprint = java.util.Arrays.hashCode(new byte[2]);
      transfers.fetch(
          new Effect.FetchSnapshot(2, new Message.OfferSnapshot(1, 1, POINT, 2, fingerprint)));
    }

    @Override
    public void send(int to, Message message) {
      if (message instanceof Message.Transfer.Ask ask) {
        carrier.execute(
            () ->
                transfers.received(
                    2,
                    new Message.Transfer.Piece(
                        1, ask.position(), ask.fingerprint(), ask.offset(), new byte[1])));
      }
    }

    @Override
    public void tell(Event event, boolean inline) {
      switch (event) {
        case Event.SnapshotFetched(SnapshotPoint point) -> {
          wrong |= fetched > 0 || !point.equals(POINT);
          fetched = 1;
        }
        default -> wrong = true;
      }
    }

    void mustHaveFetched() {
      if (wrong || fetched != 1 || store.open.get() != 0 || !transfers.underWay().isEmpty()) {
        throw new AssertionError("fetched " + fetched + ", nothing else: " + !wrong);
      }
    }

    @Override
    public void tellAndEnd(Event event, Runnable completions) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void start(Receiver receiver) {}

    @Override
    public void close() {}
  }
}
