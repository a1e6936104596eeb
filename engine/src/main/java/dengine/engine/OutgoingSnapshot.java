package dengine.engine;

import dengine.engine.spi.SnapshotStore;
import dengine.engine.spi.SnapshotStore.Snapshot;
import dengine.raft.Effect;
import dengine.raft.Message;
import dengine.raft.Position;
import java.util.ArrayDeque;

/// A snapshot on its way to one peer. Its file stays open, and so readable although others replace
/// it meanwhile. Belongs to the worker of [Transfers].
final class OutgoingSnapshot {

  /// Asks that wait, beyond which they are dropped: a peer asks for a few pieces at a time only.
  private static final int MAX_ASKS = 64;

  private final Snapshot snapshot;
  private final SnapshotStore.Reading file;
  private final ArrayDeque<Message.Transfer.Ask> asks = new ArrayDeque<>();
  private final long offerAfter;
  private Effect.SendSnapshot effect;
  private boolean asked;
  private long heardAt;
  private long offerDue;
  private long given;
  private long sentBytes;

  /// @param offerAfter nanoseconds in which the peer asks for nothing, and gets nothing, before it
  ///     is offered the snapshot again
  OutgoingSnapshot(
      Effect.SendSnapshot effect,
      Snapshot snapshot,
      SnapshotStore.Reading file,
      long offerAfter,
      long now) {
    this.effect = effect;
    this.snapshot = snapshot;
    this.file = file;
    this.offerAfter = offerAfter;
    this.heardAt = now;
    this.offerDue = now;
  }

  int peer() {
    return effect.to();
  }

  Effect.SendSnapshot effect() {
    return effect;
  }

  Position position() {
    return snapshot.point().position();
  }

  boolean is(Position position, long fingerprint) {
    return position().equals(position) && snapshot.fingerprint() == fingerprint;
  }

  /// The leader asked for it again, in another session or term: it is offered again.
  void renew(Effect.SendSnapshot latest, long now) {
    effect = latest;
    asked = false;
    heardAt = now;
    offerDue = now;
  }

  boolean isIdle(long now, long timeout) {
    return now - heardAt >= timeout && asks.isEmpty();
  }

  /// When there is something to do without the peer.
  long due(long idleTimeout) {
    return asks.isEmpty() ? Math.min(heardAt + idleTimeout, offerDue) : Long.MAX_VALUE;
  }

  /// Offered whenever the peer asks for nothing for a while: the message may be lost, or the peer
  /// was restarted and does not know any more what it was fetching.
  boolean mustOffer(long now) {
    return asks.isEmpty() && now - offerDue >= 0;
  }

  Message.OfferSnapshot offer(long now) {
    offerDue = now + offerAfter;
    return new Message.OfferSnapshot(
        effect.term(),
        effect.session(),
        snapshot.point(),
        snapshot.bytes(),
        snapshot.fingerprint());
  }

  /// Whether the peer ever asked for a piece of it.
  boolean wasAsked() {
    return asked || given > 0;
  }

  /// Whether the peer was given it up to its end.
  boolean isGiven() {
    return given == snapshot.bytes();
  }

  /// One that waits already is not added again, and one that makes no sense never.
  void asked(Message.Transfer.Ask ask, long now) {
    heardAt = now;
    offerDue = now + offerAfter;
    asked = true;
    boolean sensible = ask.offset() >= 0 && ask.offset() < snapshot.bytes() && ask.length() > 0;
    if (sensible
        && asks.size() < MAX_ASKS
        && asks.stream().noneMatch(waiting -> waiting.offset() == ask.offset())) {
      asks.add(ask);
    }
  }

  boolean hasAsks() {
    return !asks.isEmpty();
  }

  /// Reads the piece that was asked for first.
  Message.Transfer.Piece nextPiece(int maxBytes, long now) {
    Message.Transfer.Ask ask = asks.remove();
    byte[] bytes = file.read(ask.offset(), Math.min(maxBytes, ask.length()));
    offerDue = now + offerAfter;
    given = Math.max(given, ask.offset() + bytes.length);
    sentBytes += bytes.length;
    return new Message.Transfer.Piece(
        ask.term(), ask.position(), ask.fingerprint(), ask.offset(), bytes);
  }

  /// All bytes given, those that were asked for again included.
  long sentBytes() {
    return sentBytes;
  }

  NodeStatus.Transfer status() {
    return new NodeStatus.Transfer(peer(), true, position(), given, snapshot.bytes());
  }

  void close() {
    file.close();
  }
}
