package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.raft.Effect;
import dengine.raft.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Moves snapshots between nodes, on a thread of its own: neither the event loop nor applying waits
/// for a piece to be read, written or let through. What the network brings waits here within
/// bounds; what exceeds them is dropped, and asked for again.
final class Transfers {

  private static final int MAX_MESSAGES = 1000;
  private static final long MAX_BYTES = 64L << 20;

  /// Taken before anything else is done, so that a flood does not keep it from that.
  private static final int MAX_NOTES = 64;

  private sealed interface Note {}

  private record Said(int from, Message.Transfer message) implements Note {}

  private record Send(Effect.SendSnapshot effect) implements Note {}

  private record Fetch(Effect.FetchSnapshot effect) implements Note {}

  private final Clock clock;
  private final SnapshotSender sender;
  private final SnapshotReceiver receiver;
  private final Execution.Worker worker;
  private final ConcurrentLinkedQueue<Note> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private volatile List<NodeStatus.Transfer> underWay = List.of();
  private volatile boolean closing;

  Transfers(
      String name,
      Clock clock,
      Execution execution,
      SnapshotSender sender,
      SnapshotReceiver receiver) {
    this.clock = clock;
    this.sender = sender;
    this.receiver = receiver;
    this.worker = execution.worker(name, clock, this::round);
  }

  void start() {
    worker.start();
  }

  /// A peer needs a snapshot. Called by the event loop only.
  void send(Effect.SendSnapshot effect) {
    inbox.add(new Send(effect));
    worker.wake();
  }

  /// A snapshot is to be fetched. Called by the event loop only.
  void fetch(Effect.FetchSnapshot effect) {
    inbox.add(new Fetch(effect));
    worker.wake();
  }

  /// A peer said something about a transfer. Any thread.
  void received(int from, Message.Transfer message) {
    int size = size(message);
    int count = messages.incrementAndGet();
    long waiting = bytes.addAndGet(size);
    if (count <= MAX_MESSAGES && waiting <= MAX_BYTES) {
      inbox.add(new Said(from, message));
      worker.wake();
    } else {
      messages.decrementAndGet();
      bytes.addAndGet(-size);
    }
  }

  /// What is on its way.
  List<NodeStatus.Transfer> underWay() {
    return underWay;
  }

  /// Ends, and keeps what is there of a snapshot that is being fetched.
  void close() {
    closing = true;
    worker.close();
  }

  private long round() {
    Thread.interrupted(); // left behind by a callback, it would close the files
    if (closing) {
      sender.close();
      receiver.close();
      underWay = List.of();
      return Long.MAX_VALUE;
    }
    int taken = 0;
    for (Note note = inbox.poll(); note != null; note = taken < MAX_NOTES ? inbox.poll() : null) {
      take(note);
      taken++;
    }
    long now = clock.nanoTime();
    long due = Math.min(sender.work(now), receiver.work(now));
    List<NodeStatus.Transfer> all = new ArrayList<>(sender.status());
    receiver.status().ifPresent(all::add);
    underWay = List.copyOf(all);
    return taken < MAX_NOTES ? due : now;
  }

  private void take(Note note) {
    switch (note) {
      case Send(Effect.SendSnapshot effect) -> sender.send(effect);
      case Fetch(Effect.FetchSnapshot effect) -> receiver.fetch(effect);
      case Said(int from, Message.Transfer message) -> {
        messages.decrementAndGet();
        bytes.addAndGet(-size(message));
        switch (message) {
          case Message.Transfer.Ask ask -> sender.asked(from, ask);
          case Message.Transfer.Piece piece -> receiver.arrived(piece);
          case Message.Transfer.End end -> {
            sender.ended(from, end);
            receiver.ended(from, end);
          }
        }
      }
    }
  }

  private static int size(Message.Transfer message) {
    return switch (message) {
      case Message.Transfer.Piece piece -> piece.bytes().length;
      case Message.Transfer.Ask _, Message.Transfer.End _ -> 0;
    };
  }
}
