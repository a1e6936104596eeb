package dengine.engine;

import dengine.engine.spi.Clock;
import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.engine.spi.StorageException;
import dengine.engine.spi.Transport;
import dengine.raft.Effect;
import dengine.raft.Event;
import dengine.raft.Message;
import dengine.raft.Position;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// Offers snapshots to peers and gives them the pieces that they ask for; a few peers at a time,
/// the others wait for their turn. Belongs to the worker of [Transfers].
///
/// Every sending ends with [Event.SnapshotSent], whatever happens (rule C8): the leader would wait
/// for ever otherwise.
final class SnapshotSender {

  private static final Logger LOG = System.getLogger(SnapshotSender.class.getName());

  /// Waits of a peer that had no room.
  private static final long FIRST_WAIT = 100_000_000L;

  private static final long LAST_WAIT = 60_000_000_000L;

  /// Pieces given before looking at what else has arrived.
  private static final int PIECES_PER_TURN = 16;

  private final int id;
  private final SnapshotStore store;
  private final SnapshotOptions options;
  private final Clock clock;
  private final Transport transport;
  private final Mailbox loop;
  private final SnapshotCounters counters;
  private final LongSupplier logBase;
  private final UnreadableSnapshots unreadable;
  private final TokenBucket tokens;
  private final int pieceBytes;
  private final Map<Integer, OutgoingSnapshot> active = new LinkedHashMap<>();
  private final Map<Integer, Effect.SendSnapshot> waiting = new LinkedHashMap<>();
  private final Map<Integer, Backoff> backoffs = new HashMap<>();

  /// What peers have part of.
  private final Map<Integer, Position> interrupted = new HashMap<>();

  /// @param logBase index right before the log's first entry
  SnapshotSender(
      int id,
      SnapshotStore store,
      SnapshotOptions options,
      Clock clock,
      Transport transport,
      Mailbox loop,
      SnapshotCounters counters,
      LongSupplier logBase,
      UnreadableSnapshots unreadable) {
    this.id = id;
    this.store = store;
    this.options = options;
    this.clock = clock;
    this.transport = transport;
    this.loop = loop;
    this.counters = counters;
    this.logBase = logBase;
    this.unreadable = unreadable;
    this.tokens = new TokenBucket(options.transferBytesPerSecond(), clock.nanoTime());
    this.pieceBytes = pieceBytes(options);
  }

  /// A peer needs one. For each the latest counts; a file that it is being given already goes on.
  void send(Effect.SendSnapshot send) {
    OutgoingSnapshot present = active.get(send.to());
    if (present == null) {
      waiting.put(send.to(), send);
    } else if (present.position().index() >= logBase.getAsLong()) {
      present.renew(send, clock.nanoTime());
    } else { // rule C7: the log no longer reaches back to it
      end(present);
      waiting.put(send.to(), send);
    }
  }

  void asked(int from, Message.Transfer.Ask ask) {
    OutgoingSnapshot present = active.get(from);
    if (present == null || !present.is(ask.position(), ask.fingerprint())) {
      transport.send(
          from,
          new Message.Transfer.End(
              ask.term(), ask.session(), ask.position(), false, "it is not being sent"));
      return;
    }
    present.asked(ask, clock.nanoTime());
  }

  /// The receiver has ended the transfer.
  void ended(int from, Message.Transfer.End end) {
    OutgoingSnapshot present = active.get(from);
    if (present == null || !present.position().equals(end.position())) {
      return;
    }
    if (end.complete()) {
      counters.sent.increment();
      interrupted.remove(from);
      backoffs.remove(from);
      log(Logger.Level.INFO, "snapshot-sent", present, "complete");
      end(present);
      report(present.effect());
    } else {
      if (present.isGiven()) {
        // The bytes are given as the disk has them, and may have changed there.
        unreadable.suspect(present.position());
      }
      backOff(from);
      fail(present, end.reason());
    }
  }

  /// Does what is due: ends what is silent, begins what has its turn, offers again, gives pieces.
  /// Returns when to look again; a time that has passed if there is more to do at once.
  long work(long now) {
    for (OutgoingSnapshot present : List.copyOf(active.values())) {
      if (present.isIdle(now, options.idleTimeout().toNanos())) {
        fail(present, "the peer is silent");
      }
    }
    begin(now);
    offer(now);
    long more = serve(now);
    return Math.min(more, due(now));
  }

  List<NodeStatus.Transfer> status() {
    List<NodeStatus.Transfer> all = new ArrayList<>();
    active.values().forEach(present -> all.add(present.status()));
    return all;
  }

  void close() {
    List.copyOf(active.values()).forEach(this::end);
    waiting.clear();
  }

  /// Small enough at a low rate that every peer that is sent to hears something in time: being slow
  /// is no reason to fail.
  private static int pieceBytes(SnapshotOptions options) {
    if (options.transferBytesPerSecond() == 0) {
      return options.pieceBytes();
    }
    double perTurn =
        options.transferBytesPerSecond() * (options.pieceTimeout().toNanos() / 1e9) / 2;
    double share = perTurn / options.concurrentSends();
    return (int) Math.max(1, Math.min(options.pieceBytes(), share));
  }

  private void begin(long now) {
    Iterator<Effect.SendSnapshot> next = waiting.values().iterator();
    while (next.hasNext() && active.size() < options.concurrentSends()) {
      Effect.SendSnapshot send = next.next();
      Backoff backoff = backoffs.get(send.to());
      if (backoff == null || backoff.isOver(now)) {
        next.remove();
        begin(send, now);
      }
    }
  }

  private void begin(Effect.SendSnapshot send, long now) {
    try {
      Snapshot chosen = choose(send.to());
      SnapshotStore.Reading file = open(chosen.point().position());
      active.put(
          send.to(),
          new OutgoingSnapshot(send, chosen, file, options.pieceTimeout().toNanos(), now));
    } catch (RuntimeException | Error failure) {
      LOG.log(
          Logger.Level.WARNING,
          () -> "node=%d event=snapshot-unreadable peer=%d".formatted(id, send.to()),
          failure);
      counters.transfersFailed.increment();
      backOff(send.to());
      report(send);
    }
  }

  private SnapshotStore.Reading open(Position position) {
    try {
      return store.open(position);
    } catch (StorageException failure) {
      unreadable.add(position);
      throw failure;
    }
  }

  /// The newest, or one that the peer has part of, as long as the log goes on after it (rule C7).
  private Snapshot choose(int peer) {
    List<Snapshot> all = store.list();
    Position part = interrupted.get(peer);
    for (Snapshot snapshot : all) {
      Position position = snapshot.point().position();
      if (position.equals(part)
          && position.index() >= logBase.getAsLong()
          && !unreadable.contains(position)) {
        return snapshot;
      }
    }
    if (all.isEmpty()) {
      throw new IllegalStateException("a peer needs a snapshot, and there is none");
    }
    return all.getLast();
  }

  private void offer(long now) {
    for (int peer : List.copyOf(active.keySet())) {
      OutgoingSnapshot present = active.get(peer);
      if (present != null && present.mustOffer(now) && isOfNoUse(present)) {
        end(present);
        begin(present.effect(), now);
        present = active.get(peer);
      }
      if (present != null && present.mustOffer(now)) {
        transport.send(peer, present.offer(now));
      }
    }
  }

  /// Whether nobody has any of it, and the log no longer reaches back to it (rule C7): a peer that
  /// was away for a while would get it all, and then another one.
  private boolean isOfNoUse(OutgoingSnapshot present) {
    return !present.wasAsked() && present.position().index() < logBase.getAsLong();
  }

  /// When something is due although no peer says anything.
  private long due(long now) {
    long due = Long.MAX_VALUE;
    for (OutgoingSnapshot present : active.values()) {
      due = Math.min(due, present.due(options.idleTimeout().toNanos()));
    }
    if (active.size() < options.concurrentSends()) {
      for (int peer : waiting.keySet()) {
        Backoff backoff = backoffs.get(peer);
        due = Math.min(due, backoff == null ? now : backoff.until(now));
      }
    }
    return due;
  }

  /// One piece for each peer in turn.
  private long serve(long now) {
    int given = 0;
    boolean more = true;
    while (more) {
      more = false;
      for (OutgoingSnapshot present : List.copyOf(active.values())) {
        if (present.hasAsks()) {
          if (!tokens.isOpen(now)) {
            return tokens.due(now);
          }
          if (given == PIECES_PER_TURN) {
            return now;
          }
          give(present);
          given++;
          more |= present.hasAsks();
        }
      }
    }
    return Long.MAX_VALUE;
  }

  private void give(OutgoingSnapshot present) {
    try {
      Message.Transfer.Piece piece = present.nextPiece(pieceBytes, clock.nanoTime());
      tokens.pass(piece.bytes().length);
      counters.bytesSent.add(piece.bytes().length);
      transport.send(present.peer(), piece);
    } catch (RuntimeException | Error failure) {
      Effect.SendSnapshot effect = present.effect();
      String reason = failure.toString();
      transport.send(
          present.peer(),
          new Message.Transfer.End(
              effect.term(), effect.session(), present.position(), false, reason));
      backOff(present.peer());
      fail(present, reason);
    }
  }

  /// Ends it, to go on later.
  private void fail(OutgoingSnapshot present, String why) {
    counters.transfersFailed.increment();
    log(Logger.Level.WARNING, "snapshot-not-sent", present, why);
    if (present.wasAsked()) {
      interrupted.put(present.peer(), present.position());
    }
    end(present);
    report(present.effect());
  }

  private void backOff(int peer) {
    backoffs
        .computeIfAbsent(peer, _ -> new Backoff(FIRST_WAIT, LAST_WAIT))
        .failed(clock.nanoTime());
  }

  private void end(OutgoingSnapshot present) {
    active.remove(present.peer());
    try {
      present.close();
    } catch (RuntimeException failure) {
      log(Logger.Level.WARNING, "close-failed", present, failure.toString());
    }
  }

  private void report(Effect.SendSnapshot effect) {
    loop.tell(new Event.SnapshotSent(effect.to(), effect.session()), false);
  }

  private void log(Logger.Level level, String event, OutgoingSnapshot present, String detail) {
    LOG.log(
        level,
        () ->
            "node=%d event=%s peer=%d index=%d bytes=%d sent=%d detail=\"%s\""
                .formatted(
                    id,
                    event,
                    present.peer(),
                    present.position().index(),
                    present.status().bytes(),
                    present.sentBytes(),
                    detail));
  }
}
