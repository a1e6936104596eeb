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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Fetches one snapshot at a time from another node, piece by piece, from where it was interrupted.
/// Belongs to the worker of [Transfers].
final class SnapshotReceiver {

  private static final Logger LOG = System.getLogger(SnapshotReceiver.class.getName());

  private final int id;
  private final SnapshotStore store;
  private final SnapshotOptions options;
  private final Clock clock;
  private final Transport transport;
  private final Mailbox loop;
  private final SnapshotCounters counters;
  private @Nullable Incoming incoming;

  /// A fetch under way.
  private static final class Incoming {
    final SnapshotStore.Receiving file;
    final TransferWindow window;
    int from;
    Message.OfferSnapshot offer;
    long heardAt;
    long askedAt;

    /// How long to wait for a piece: longer and longer where none comes in that time, because what
    /// is asked for twice over a slow line makes it slower.
    long patience;

    Incoming(
        SnapshotStore.Receiving file,
        TransferWindow window,
        int from,
        Message.OfferSnapshot offer,
        long now,
        long patience) {
      this.file = file;
      this.window = window;
      this.from = from;
      this.offer = offer;
      this.heardAt = now;
      this.askedAt = now;
      this.patience = patience;
    }

    Position position() {
      return offer.point().position();
    }

    boolean is(Position position, long fingerprint) {
      return position().equals(position) && offer.fingerprint() == fingerprint;
    }
  }

  SnapshotReceiver(
      int id,
      SnapshotStore store,
      SnapshotOptions options,
      Clock clock,
      Transport transport,
      Mailbox loop,
      SnapshotCounters counters) {
    this.id = id;
    this.store = store;
    this.options = options;
    this.clock = clock;
    this.transport = transport;
    this.loop = loop;
    this.counters = counters;
  }

  /// Begins, or goes on with the same file from another sender; a newer one takes the place of what
  /// is being fetched, an older one does not (rule C6) unless another sender has it and nothing
  /// more comes of the newer one: who led before may be gone, and the node would be left behind
  /// until it is given up.
  void fetch(Effect.FetchSnapshot fetch) {
    Message.OfferSnapshot offer = fetch.offer();
    Incoming present = incoming;
    if (present != null) {
      Position position = offer.point().position();
      if (present.is(position, offer.fingerprint())) {
        goOn(present, fetch);
        return;
      }
      boolean silent =
          fetch.from() != present.from
              && clock.nanoTime() - present.heardAt >= options.pieceTimeout().toNanos();
      if (position.index() < present.position().index() && !silent) {
        return;
      }
      close(present);
    }
    begin(fetch);
  }

  /// A piece has arrived; those of an earlier sender of the same file are as good.
  void arrived(Message.Transfer.Piece piece) {
    Incoming present = incoming;
    if (present == null
        || !present.is(piece.position(), piece.fingerprint())
        || !present.window.arrived(piece.offset(), piece.bytes())) {
      return;
    }
    present.heardAt = clock.nanoTime();
    present.askedAt = present.heardAt;
    present.patience =
        Math.max(options.pieceTimeout().toNanos(), present.patience - present.patience / 8);
    counters.bytesReceived.add(piece.bytes().length);
    try {
      writeInOrder(present);
      if (present.file.received() == present.offer.bytes()) {
        finish(present);
      } else {
        ask(present);
      }
    } catch (RuntimeException | Error failure) {
      refuse(present, failure);
    }
  }

  /// The sender has ended the transfer.
  void ended(int from, Message.Transfer.End end) {
    Incoming present = incoming;
    if (present != null && from == present.from && present.position().equals(end.position())) {
      giveUp(present, end.reason());
    }
  }

  /// Asks again for what does not come, and gives up when nothing comes for long. Returns when to
  /// look again.
  long work(long now) {
    Incoming present = incoming;
    if (present == null) {
      return Long.MAX_VALUE;
    }
    long over = present.heardAt + options.idleTimeout().toNanos();
    if (now - over >= 0) {
      String why = "nothing came for " + options.idleTimeout();
      say(present.from, present.offer, false, why); // or it would offer the same for ever
      giveUp(present, why);
      return Long.MAX_VALUE;
    }
    if (now - present.askedAt >= present.patience) {
      long most = Math.max(options.pieceTimeout().toNanos(), options.idleTimeout().toNanos() / 8);
      present.patience = Math.min(2 * present.patience, most);
      present.window.askAllAgain();
      present.askedAt = now;
      ask(present);
    }
    return Math.min(over, present.askedAt + present.patience);
  }

  /// What is being fetched.
  Optional<NodeStatus.Transfer> status() {
    return Optional.ofNullable(incoming)
        .map(
            present ->
                new NodeStatus.Transfer(
                    present.from,
                    false,
                    present.position(),
                    present.file.received(),
                    present.offer.bytes()));
  }

  /// Keeps what is there.
  void close() {
    Incoming present = incoming;
    if (present != null) {
      close(present);
    }
  }

  private void begin(Effect.FetchSnapshot fetch) {
    Message.OfferSnapshot offer = fetch.offer();
    Snapshot wanted =
        new Snapshot(offer.point(), offer.bytes(), offer.fingerprint(), clock.wallMillis());
    SnapshotStore.Receiving file;
    try {
      file = store.receive(wanted);
    } catch (RuntimeException | Error failure) {
      counters.transfersFailed.increment();
      say(fetch.from(), offer, false, reason(failure));
      log(Logger.Level.WARNING, "snapshot-refused", fetch.from(), offer, reason(failure));
      loop.tell(new Event.FetchFailed(offer.point().position()), false);
      return;
    }
    if (file.received() > 0) {
      counters.resumed.increment();
    }
    TransferWindow window =
        new TransferWindow(
            file.received(), offer.bytes(), options.pieceBytes(), options.piecesInFlight());
    long patience = options.pieceTimeout().toNanos();
    Incoming begun = new Incoming(file, window, fetch.from(), offer, clock.nanoTime(), patience);
    incoming = begun;
    log(Logger.Level.INFO, "snapshot-fetch", fetch.from(), offer, "from=" + file.received());
    if (file.received() == offer.bytes()) {
      try {
        finish(begun);
      } catch (RuntimeException | Error failure) {
        refuse(begun, failure);
      }
    } else {
      ask(begun);
    }
  }

  /// What was asked of the sender before is asked of this one.
  private void goOn(Incoming present, Effect.FetchSnapshot fetch) {
    boolean another = present.from != fetch.from();
    present.from = fetch.from();
    present.offer = fetch.offer();
    if (another) {
      present.heardAt = clock.nanoTime();
      present.askedAt = present.heardAt;
      present.window.askAllAgain();
      ask(present);
    }
  }

  private void ask(Incoming present) {
    Message.OfferSnapshot offer = present.offer;
    for (TransferWindow.Wish wish : present.window.wishes()) {
      Message.Transfer.Ask ask =
          new Message.Transfer.Ask(
              offer.term(),
              offer.session(),
              present.position(),
              offer.fingerprint(),
              wish.offset(),
              wish.length());
      transport.send(present.from, ask);
    }
  }

  private static void writeInOrder(Incoming present) {
    long at = present.file.received();
    for (byte[] bytes = present.window.take(at); bytes != null; bytes = present.window.take(at)) {
      present.file.write(at, bytes);
      at += bytes.length;
    }
  }

  /// Only what is verified and durable under its name is reported (rule C5). Older ones stay: one
  /// of them may be on its way into the state machine (rule C6).
  private void finish(Incoming present) {
    Snapshot whole = present.file.finish();
    close(present);
    counters.received.increment();
    say(present.from, present.offer, true, "");
    log(Logger.Level.INFO, "snapshot-fetched", present.from, present.offer, "complete");
    loop.tell(new Event.SnapshotFetched(whole.point()), false);
  }

  /// This side cannot go on.
  private void refuse(Incoming present, Throwable failure) {
    say(present.from, present.offer, false, reason(failure));
    giveUp(present, reason(failure));
  }

  private void giveUp(Incoming present, String why) {
    close(present);
    counters.transfersFailed.increment();
    log(Logger.Level.WARNING, "snapshot-fetch-failed", present.from, present.offer, why);
    loop.tell(new Event.FetchFailed(present.position()), false);
  }

  private void close(Incoming present) {
    incoming = null;
    try {
      present.file.close();
    } catch (RuntimeException failure) {
      log(Logger.Level.WARNING, "close-failed", present.from, present.offer, reason(failure));
    }
  }

  private void say(int to, Message.OfferSnapshot offer, boolean complete, String reason) {
    Position position = offer.point().position();
    transport.send(
        to, new Message.Transfer.End(offer.term(), offer.session(), position, complete, reason));
  }

  private static String reason(Throwable failure) {
    return failure instanceof StorageException.DiskFull
        ? "no room: " + failure.getMessage()
        : failure.toString();
  }

  private void log(
      Logger.Level level, String event, int from, Message.OfferSnapshot offer, String detail) {
    LOG.log(
        level,
        () ->
            "node=%d event=%s peer=%d index=%d bytes=%d detail=\"%s\""
                .formatted(
                    id, event, from, offer.point().position().index(), offer.bytes(), detail));
  }
}
