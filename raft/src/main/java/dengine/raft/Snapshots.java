package dengine.raft;

import java.util.Optional;

/// What snapshots of the state machine mean for the log: which entries may go, and how a follower
/// that needs what is gone gets on.
final class Snapshots {

  private final NodeState state;
  private final Following following;
  private final Applying applying;

  /// So many snapshots later the log is no longer kept for those who wait for an older one: they
  /// may take it more slowly than the log grows, and get the next one then.
  static final int MOST_HELD = 16;

  /// Covered by a snapshot, and wanted by nobody: up to here entries may go. 0 for none.
  private long dispensable;

  /// Snapshots taken since the log was last cut, while somebody waited for one.
  private int held;

  /// Arrived, and waiting until nobody reads the log it replaces.
  private Optional<SnapshotPoint> arrived = Optional.empty();

  /// Who offered what was asked for last.
  private int offerer;

  private Optional<Message.OfferSnapshot> offer = Optional.empty();

  /// What the state machine is being given; 0 for nothing.
  private long installing;

  Snapshots(NodeState state, Following following, Applying applying) {
    this.state = state;
    this.following = following;
    this.applying = applying;
  }

  /// Until the state machine has what the log begins after, this node does not campaign.
  boolean isInstalling() {
    return installing > 0;
  }

  void onTaken(SnapshotPoint point, long keepFrom) {
    long covered = Math.min(point.position().index(), state.applied());
    dispensable = Math.max(dispensable, Math.min(covered, keepFrom - 1));
    held = somebodyWaitsForSnapshot() ? held + 1 : 0;
  }

  /// Does what waited for others. After every event.
  void advance() {
    install();
    compact();
  }

  /// Nothing goes that is being read, or while a peer waits for a snapshot: what comes after that
  /// must still be there when it arrives, or it would need the next one, and so on (rule C7). But
  /// not for ever.
  private void compact() {
    long upTo = Math.min(dispensable, state.firstReadForPeers() - 1);
    if (upTo <= state.log().base().index() || (held < MOST_HELD && somebodyWaitsForSnapshot())) {
      return;
    }
    held = 0;
    Position position = new Position(upTo, state.log().termAt(upTo));
    state.log().compactTo(upTo);
    state.emit(new Effect.Compact(position));
  }

  private boolean somebodyWaitsForSnapshot() {
    long timeout = state.options().electionTimeout().toNanos();
    return state.role() instanceof Role.Leader leader
        && leader.peers.values().stream()
            .anyMatch(peer -> peer.isAboutToNeedLog(state.now(), timeout));
  }

  /// A leader that this node follows in this term offers a snapshot.
  void onOffer(int from, Message.OfferSnapshot message) {
    Position position = message.point().position();
    if (position.index() <= state.commit() || state.log().holds(position)) {
      acknowledge(from, message, position.index());
      return;
    }
    offerer = from;
    offer = Optional.of(message);
    state.emit(new Effect.FetchSnapshot(from, message));
  }

  /// The log holds, as the leader does, everything the snapshot includes: either it was committed
  /// here, or it is the leader's and therefore committed.
  private void acknowledge(int from, Message.OfferSnapshot message, long index) {
    following.prove(index);
    state.commitTo(index);
    state
        .durability()
        .sendWhenDurable(
            from, new Message.Replicated(message.term(), message.session(), index, Message.NEVER));
  }

  void onFetched(SnapshotPoint point) {
    arrived = Optional.of(point);
  }

  void onFetchFailed(Position position) {
    if (offer.isPresent() && offer.get().point().position().equals(position)) {
      offer = Optional.empty();
    }
  }

  private void install() {
    if (arrived.isEmpty() || state.isReadingForPeers() || applying.isReading()) {
      return;
    }
    SnapshotPoint point = arrived.get();
    arrived = Optional.empty();
    // Rule C3: never backwards. And what the log holds already need not be replaced.
    if (point.position().index() > state.commit() && !state.log().holds(point.position())) {
      if (state.role() instanceof Role.Leader) {
        throw new IllegalStateException(
            "this node leads without the committed entry at " + point.position());
      }
      long index = point.position().index();
      state.reset(point, applying.handed());
      applying.skipTo(index);
      dispensable = 0;
      installing = index;
      state.emit(new Effect.Install(point));
    }
    answerOffer(point);
  }

  private void answerOffer(SnapshotPoint point) {
    if (offer.isEmpty()) {
      return;
    }
    Message.OfferSnapshot asked = offer.get();
    offer = Optional.empty();
    if (asked.term() == state.term()
        && state.role().leader() == offerer
        && asked.point().position().equals(point.position())) {
      acknowledge(offerer, asked, point.position().index());
    }
  }

  void onInstalled(long index) {
    applying.onInstalled(index);
    if (index >= installing) {
      installing = 0;
    }
  }
}
