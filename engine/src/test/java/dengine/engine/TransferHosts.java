package dengine.engine;

import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Position;
import dengine.raft.SnapshotPoint;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/// Nodes that move snapshots, with what a core would answer to an offer, over a network that loses
/// what a test says.
class TransferHosts {

  static final int PIECE = 10;
  static final SnapshotOptions OPTIONS =
      SnapshotOptions.DEFAULT
          .withTransfer(0, PIECE, 4)
          .withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(10));

  final SteppedExecution threads = new SteppedExecution();
  final Map<Integer, Host> hosts = new TreeMap<>();
  final List<Said> said = new ArrayList<>();

  /// Who loses which message of whom.
  BiPredicate<Integer, Message> loses = (_, _) -> false;

  /// What becomes of a message on its way.
  UnaryOperator<Message> changes = message -> message;

  private final Queue<Runnable> underWay = new ArrayDeque<>();

  record Said(int from, int to, Message message) {}

  /// One node.
  final class Host {
    final int id;
    final MemorySnapshots store = new MemorySnapshots();
    final News news = new News();
    final SnapshotCounters counters = new SnapshotCounters();
    final SnapshotOptions options;
    Transfers transfers;
    UnreadableSnapshots unreadable;
    long logBase;

    Host(int id, SnapshotOptions options) {
      this.id = id;
      this.options = options;
      this.unreadable = new UnreadableSnapshots(id, store);
      this.transfers = start();
    }

    private Transfers start() {
      Transport transport = new Loopback(id);
      Transfers started =
          new Transfers(
              "transfer",
              threads,
              threads,
              new SnapshotSender(
                  id,
                  store,
                  options,
                  threads,
                  transport,
                  news,
                  counters,
                  () -> logBase,
                  unreadable),
              new SnapshotReceiver(id, store, options, threads, transport, news, counters));
      started.start();
      return started;
    }

    void restart() {
      transfers.close();
      transfers = start();
    }

    Snapshot has(long index, int bytes) {
      byte[] content = new byte[bytes];
      new Random(index).nextBytes(content);
      return store.add(point(index), content, 0);
    }

    void sendTo(int peer, long session) {
      transfers.send(new Effect.SendSnapshot(peer, 1, session));
    }

    <T extends Event> List<T> heard(Class<T> kind) {
      return news.heard.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
  }

  Host host(int id) {
    return host(id, OPTIONS);
  }

  Host host(int id, SnapshotOptions options) {
    return hosts.computeIfAbsent(id, _ -> new Host(id, options));
  }

  static SnapshotPoint point(long index) {
    return new SnapshotPoint(new Position(index, 1), 0, Membership.of(1, 2), 0);
  }

  /// Delivers everything until nothing is left to do at this moment.
  void settle() {
    threads.settle();
    for (Runnable next = underWay.poll(); next != null; next = underWay.poll()) {
      next.run();
      threads.settle();
    }
  }

  /// Lets time pass in small steps, delivering everything.
  void pass(Duration time) {
    Duration step = Duration.ofMillis(20);
    for (Duration left = time; left.isPositive(); left = left.minus(step)) {
      settle();
      threads.pass(step);
    }
    settle();
  }

  <T extends Message> List<T> said(int from, Class<T> kind) {
    return said.stream()
        .filter(one -> one.from == from && kind.isInstance(one.message))
        .map(one -> kind.cast(one.message))
        .toList();
  }

  private void deliver(int from, int to, Message message) {
    Host host = hosts.get(to);
    if (host == null) {
      return;
    }
    switch (message) {
      case Message.Transfer transfer -> host.transfers.received(from, transfer);
      case Message.OfferSnapshot offer ->
          host.transfers.fetch(new Effect.FetchSnapshot(from, offer));
      default -> throw new IllegalStateException("unexpected " + message);
    }
  }

  private final class Loopback implements Transport {
    private final int self;

    Loopback(int self) {
      this.self = self;
    }

    @Override
    public void start(Receiver receiver) {}

    @Override
    public void send(int to, Message message) {
      said.add(new Said(self, to, message));
      if (!loses.test(self, message)) {
        underWay.add(() -> deliver(self, to, changes.apply(message)));
      }
    }

    @Override
    public void close() {}
  }
}
