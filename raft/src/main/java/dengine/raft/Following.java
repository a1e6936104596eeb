package dengine.raft;

import java.util.List;

/// The receiving end of replication (§5.3).
final class Following {

  private final NodeState state;
  private long provenTerm;
  private long provenMatch;

  Following(NodeState state) {
    this.state = state;
  }

  void onReplicate(int from, Message.Replicate message) {
    Position previous = message.previous();
    if (previous.index() < state.log().base().index()) {
      onCompacted(from, message);
      return;
    }
    if (!state.log().holds(previous)) {
      Position hint = state.log().atOrBelow(previous.index(), previous.term());
      state.send(
          from, new Message.Conflict(message.term(), message.session(), previous.index(), hint));
      return;
    }
    if (!message.entries().isEmpty() && isOverloaded()) {
      // The leader finds the gap by itself and comes back when disk or state machine have caught
      // up.
      prove(previous.index());
      learnCommit(message.commit());
      return;
    }
    if (!accept(message.entries())) {
      return;
    }
    long matched = previous.index() + message.entries().size();
    prove(matched);
    learnCommit(message.commit());
    state
        .durability()
        .sendWhenDurable(
            from,
            new Message.Replicated(message.term(), message.session(), matched, message.sentAt()));
  }

  /// The request begins with what this log no longer holds. That is committed, so any leader has
  /// the same there; where it can be seen that this one has not, something committed was lost.
  private void onCompacted(int from, Message.Replicate message) {
    Position base = state.log().base();
    long known = base.index() - message.previous().index();
    List<Entry> entries = message.entries();
    if (known <= entries.size() && entries.get((int) known - 1).term() != base.term()) {
      throw new IllegalStateException(
          "node %d leads term %d with %s, and %s is committed here (rule L5)"
              .formatted(from, message.term(), entries.get((int) known - 1).position(), base));
    }
    if (known < entries.size()) {
      onReplicate(
          from,
          new Message.Replicate(
              message.term(),
              message.session(),
              base,
              entries.subList((int) known, entries.size()),
              message.commit(),
              message.sentAt()));
      return;
    }
    long matched = message.previous().index() + entries.size();
    prove(matched);
    state
        .durability()
        .sendWhenDurable(
            from,
            new Message.Replicated(message.term(), message.session(), matched, message.sentAt()));
  }

  void onHeartbeat(int from, Message.Heartbeat message) {
    learnCommit(message.commit());
    // Promises nothing that must be on disk, so it does not wait for the disk either (D7).
    state.send(
        from,
        new Message.HeartbeatAck(
            message.term(), message.session(), message.round(), message.sentAt()));
    if (message.commit() > state.commit() && provenTerm != state.term()) {
      // This node restarted, the leader knows that it has everything, and nobody writes: without
      // asking it would not learn what is committed until the next write.
      state.send(
          from, new Message.Conflict(message.term(), message.session(), 0, state.log().last()));
    }
  }

  /// Truncates only at the first entry that really conflicts: a duplicate or overtaken message must
  /// not shorten the log (rule L4). Returns false if the log may not be truncated right now.
  private boolean accept(List<Entry> entries) {
    RaftLog log = state.log();
    int known = 0;
    while (known < entries.size() && log.holds(entries.get(known).position())) {
      known++;
    }
    if (known == entries.size()) {
      return true;
    }
    List<Entry> fresh = List.copyOf(entries.subList(known, entries.size()));
    long start = fresh.getFirst().index();
    if (start > log.lastIndex()) {
      state.append(0, fresh);
      return true;
    }
    if (start <= state.commit()) {
      throw new IllegalStateException(
          "leader of term "
              + state.term()
              + " contradicts the committed entry "
              + start
              + ": have term "
              + log.termAt(start)
              + ", got "
              + fresh.getFirst()
              + ", committed up to "
              + state.commit());
    }
    if (state.isReadingForPeers()) {
      // Until a moment ago this node led, and the disk may be reading just these entries. Missing,
      // they would look like a damaged log (rule L10). The leader sends again what stays
      // unanswered.
      return false;
    }
    state.append(start, fresh);
    return true;
  }

  /// Of what is on disk already, memory need not hold more than `maxUnappliedBytes`. So there is
  /// more only while the disk is slow; and when the state machine is slow, what it needs next is on
  /// disk only. Entries that are not committed may be on disk only as well: waiting would not make
  /// them fewer, and refusing might be what keeps them from being committed.
  private boolean isOverloaded() {
    RaftOptions options = state.options();
    RaftLog log = state.log();
    return log.tailBytes() > options.maxTailBytes() + 2 * options.maxUnappliedBytes()
        || state.applied() < Math.min(state.commit(), log.evictedUnhanded());
  }

  /// The log is the leader's up to here.
  void prove(long matched) {
    if (provenTerm != state.term()) {
      provenTerm = state.term();
      provenMatch = 0;
    }
    provenMatch = Math.max(provenMatch, matched);
  }

  /// The leader's commit index reaches beyond what this log was proven to share with the leader's,
  /// for instance when an old tail is still here: only the proven part may be taken as committed
  /// (L2, L3).
  private void learnCommit(long leaderCommit) {
    if (provenTerm == state.term()) {
      state.commitTo(Math.min(leaderCommit, provenMatch));
    }
  }
}
