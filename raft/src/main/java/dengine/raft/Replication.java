package dengine.raft;

import java.util.List;
import java.util.Optional;

/// The sending end of replication (§5.3): keeps every peer's window full and learns from the
/// answers.
final class Replication {

  private final NodeState state;

  Replication(NodeState state) {
    this.state = state;
  }

  void toAll(Role.Leader leader) {
    for (Progress peer : leader.peers.values()) {
      fillWindow(peer);
    }
  }

  /// Sends what the peer's state and window allow.
  void fillWindow(Progress peer) {
    while (true) {
      if (peer.isReading()) {
        return;
      }
      if (!peer.isStreaming()) {
        if (peer.mayProbe()) {
          sendNext(peer);
        }
        return;
      }
      if (peer.windowIsFull(state.options()) || peer.next() > state.log().lastIndex()) {
        return;
      }
      sendNext(peer);
    }
  }

  /// Tells the peer that this node leads, and which round of reads waits.
  void heartbeat(Role.Leader leader, Progress peer) {
    peer.told(state.commit(), peer.lastSentAt());
    state.send(
        peer.peer(),
        new Message.Heartbeat(
            state.term(), peer.session(), state.commit(), leader.round, state.now()));
  }

  /// Takes an acknowledgement; returns whether the match moved.
  boolean onReplicated(Progress peer, Message.Replicated message) {
    if (message.matched() > state.log().lastIndex()) {
      return false; // no honest peer holds more of our log than we do
    }
    long before = peer.match();
    peer.confirmed(message.sentAt());
    peer.matched(message.matched());
    fillWindow(peer);
    return peer.match() > before;
  }

  void onConflict(Progress peer, Message.Conflict message) {
    if (message.previous() == 0) {
      peer.restarted();
      fillWindow(peer);
      return;
    }
    if (peer.isStaleConflict(message.previous())) {
      return;
    }
    Position agreed = state.log().atOrBelow(message.hint().index(), message.hint().term());
    peer.probeFrom(Math.min(message.previous(), agreed.index() + 1));
    fillWindow(peer);
  }

  /// Heartbeats get through, so what stays unanswered for long was lost: a probe is repeated, and a
  /// full window is probed with an empty request, which either is answered or shows the gap (rule
  /// L13).
  void onHeartbeatAck(Progress peer, Message.HeartbeatAck message) {
    peer.confirmed(message.sentAt());
    peer.confirmedRound(message.round());
    long patience = state.options().heartbeatInterval().toNanos();
    if (peer.hasUnanswered() && state.now() - peer.lastSentAt() >= patience) {
      if (peer.isStreaming()) {
        if (!beginsBefore(peer)) {
          send(peer, List.of());
        }
      } else {
        peer.probeAgain();
      }
    }
    fillWindow(peer);
  }

  /// The end of a snapshot's way to a peer, good or bad (rule C8).
  void onSnapshotSent(Progress peer, long session) {
    if (peer.session() == session && peer.isSnapshotting()) {
      peer.snapshotSent();
      fillWindow(peer);
    }
  }

  void onEntriesRead(Progress peer, long from, List<Entry> entries) {
    if (!peer.isReadingFrom(from)) {
      return; // asked for by this node in an earlier term of its own
    }
    peer.readingDone();
    // Meanwhile the peer may need something else.
    if (from == peer.next() && !peer.isSnapshotting()) {
      sendEntries(peer, state.log().verified(from, entries));
    }
    fillWindow(peer);
  }

  private void sendNext(Progress peer) {
    if (beginsBefore(peer)) {
      return;
    }
    long from = peer.next();
    long last = state.log().lastIndex();
    if (from > last) {
      sendEntries(peer, List.of());
      return;
    }
    int budget = state.options().maxMessageBytes();
    Optional<List<Entry>> entries = state.log().slice(from, last, budget);
    if (entries.isPresent()) {
      sendEntries(peer, entries.get());
    } else {
      peer.readingFrom(from);
      long end = Math.min(last, state.log().firstInMemory() - 1);
      state.read(peer.peer(), from, end, budget);
    }
  }

  private void sendEntries(Progress peer, List<Entry> entries) {
    send(peer, entries);
    if (!peer.isStreaming()) {
      peer.probeSent();
    } else if (!entries.isEmpty()) {
      int bytes = 0;
      for (Entry entry : entries) {
        bytes += entry.size();
      }
      peer.streamed(entries.getLast().index(), bytes);
    }
  }

  /// Whether the peer needs what is no longer in the log; then it gets a snapshot.
  private boolean beginsBefore(Progress peer) {
    if (peer.next() > state.log().base().index()) {
      return false;
    }
    peer.needsSnapshot();
    state.emit(new Effect.SendSnapshot(peer.peer(), state.term(), peer.session()));
    return true;
  }

  private void send(Progress peer, List<Entry> entries) {
    long previous = peer.next() - 1;
    peer.told(state.commit(), state.now());
    state.send(
        peer.peer(),
        new Message.Replicate(
            state.term(),
            peer.session(),
            new Position(previous, state.log().termAt(previous)),
            entries,
            state.commit(),
            state.now()));
  }
}
