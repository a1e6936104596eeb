package dengine.raft;

import java.util.ArrayDeque;

/// What a leader knows of one peer. It *probes* (one unanswered request at a time) until it knows
/// where the logs agree, then *streams*: it assumes that what it sends arrives, within a window in
/// messages and bytes. A peer that needs what the log no longer holds waits for a *snapshot*; until
/// that has been sent, or is known to have failed, nothing else is (rule C7).
///
/// Invariant: `match < next`; entries in `(match, next)` are in flight.
final class Progress {

  /// How many snapshots in a row may be sent without success before the log is no longer kept for
  /// them.
  private static final int MOST_SENT_IN_VAIN = 3;

  /// For so many election timeouts the log is kept for a peer in the middle of a snapshot that is
  /// not heard from: as long as a restart may take. What it has of the snapshot would be useless
  /// otherwise.
  private static final int AWAY_TIMEOUTS = 10;

  private record Sent(long lastIndex, int bytes) {}

  private final int peer;
  private final long session;
  private final long incarnation;
  private final ArrayDeque<Sent> inflight = new ArrayDeque<>();
  private long inflightBytes;
  private long match;
  private long next;
  private boolean streaming;
  private boolean probeUnanswered;
  private long readingFrom;
  private long lastSentAt;
  private long lastContact;
  private long leaseFrom = Long.MIN_VALUE / 2;
  private long round;
  private long sentCommit;
  private boolean snapshotting;
  private int sentInVain;
  private long roundTarget;
  private long roundSince;
  private boolean roundWasShort;

  /// @param incarnation of the peer's disk, 0 if not known
  Progress(int peer, long incarnation, long session, long next, long now) {
    this.peer = peer;
    this.incarnation = incarnation;
    this.session = session;
    this.next = next;
    this.roundTarget = next - 1;
    this.roundSince = now;
    // A new peer counts as just heard from, or check-quorum would depose its leader (rule M9).
    this.lastContact = now;
    this.lastSentAt = now;
  }

  int peer() {
    return peer;
  }

  long session() {
    return session;
  }

  /// Of the peer's disk: what is known of another one says nothing about this.
  long incarnation() {
    return incarnation;
  }

  /// Up to where the peer is known to hold our log durably.
  long match() {
    return match;
  }

  /// The next index to send.
  long next() {
    return next;
  }

  boolean isStreaming() {
    return streaming;
  }

  boolean isSnapshotting() {
    return snapshotting;
  }

  /// The log no longer holds what the peer needs next.
  void needsSnapshot() {
    probeFrom(match + 1);
    snapshotting = true;
  }

  /// Rule C8: whether or not the snapshot arrived, it is found out what the peer needs now; but not
  /// before it is heard from, or a peer that is gone would be sent one after the other.
  void snapshotSent() {
    probeFrom(match + 1);
    probeUnanswered = true;
    sentInVain++;
  }

  /// Whether what comes after the snapshot must stay for this peer (rule C7). Not if it is gone, or
  /// takes none of several: the log would grow without end.
  boolean isAboutToNeedLog(long now, long electionTimeout) {
    return (snapshotting || sentInVain > 0)
        && sentInVain < MOST_SENT_IN_VAIN
        && now - lastContact < AWAY_TIMEOUTS * electionTimeout;
  }

  /// Measures how quickly a learner follows (thesis §4.2.1): a round ends when it holds what the
  /// log held when the round began, and is short if that took an election timeout at most.
  void measure(long lastIndex, long now, long electionTimeout) {
    if (match >= roundTarget && streaming) {
      roundWasShort = now - roundSince <= electionTimeout;
      roundTarget = lastIndex;
      roundSince = now;
    } else if (now - roundSince > electionTimeout) {
      roundWasShort = false;
    }
  }

  /// Whether the last round was short and the peer was heard from since the round before.
  boolean follows(long now, long electionTimeout) {
    return roundWasShort && streaming && now - lastContact < electionTimeout;
  }

  boolean isReading() {
    return readingFrom > 0;
  }

  boolean isReadingFrom(long index) {
    return readingFrom == index;
  }

  void readingFrom(long index) {
    readingFrom = index;
  }

  void readingDone() {
    readingFrom = 0;
  }

  /// When the peer was last heard from; for check-quorum.
  long lastContact() {
    return lastContact;
  }

  /// The latest send time of a request that the peer answered; for the lease.
  long leaseFrom() {
    return leaseFrom;
  }

  /// The latest round the peer confirmed; for reads.
  long round() {
    return round;
  }

  /// The commit index the peer was last told.
  long sentCommit() {
    return sentCommit;
  }

  long lastSentAt() {
    return lastSentAt;
  }

  boolean hasUnanswered() {
    return streaming ? !inflight.isEmpty() : probeUnanswered && !snapshotting;
  }

  boolean mayProbe() {
    return !streaming && !probeUnanswered && !snapshotting;
  }

  boolean windowIsFull(RaftOptions options) {
    return inflight.size() >= options.maxInflightMessages()
        || inflightBytes >= options.maxInflightBytes();
  }

  void heard(long now) {
    lastContact = now;
  }

  void confirmed(long sentAt) {
    leaseFrom = Math.max(leaseFrom, sentAt);
  }

  void confirmedRound(long confirmed) {
    round = Math.max(round, confirmed);
  }

  void told(long commit, long now) {
    sentCommit = Math.max(sentCommit, commit);
    lastSentAt = now;
  }

  void probeSent() {
    probeUnanswered = true;
  }

  /// The answer to the probe may be lost: another may be sent.
  void probeAgain() {
    probeUnanswered = false;
  }

  void streamed(long lastIndex, int bytes) {
    inflight.add(new Sent(lastIndex, bytes));
    inflightBytes += bytes;
    next = lastIndex + 1;
  }

  /// The peer acknowledged everything up to `matched`.
  void matched(long matched) {
    match = Math.max(match, matched);
    next = Math.max(next, match + 1);
    probeUnanswered = false;
    snapshotting = false;
    sentInVain = 0;
    streaming = true;
    while (!inflight.isEmpty() && inflight.peek().lastIndex <= match) {
      inflightBytes -= inflight.remove().bytes;
    }
  }

  /// Whether a conflict at `previous` says anything new (rule L7): answers to requests that were
  /// overtaken by others are ignored, or `next` would go back below what is known to match.
  boolean isStaleConflict(long previous) {
    return snapshotting
        || previous <= match
        || (streaming ? previous >= next : previous != next - 1);
  }

  /// The peer was shown nothing of this term since it started: whatever was under way is lost. One
  /// that is being probed gets to see something anyway.
  void restarted() {
    if (streaming) {
      probeFrom(match + 1);
    }
  }

  /// The connection broke: what was under way is lost. How far the peer's log may reach is as good
  /// a guess as before; beginning with what is known would send it everything again.
  void disconnected() {
    if (streaming) {
      probeFrom(match + 1);
    } else if (!snapshotting) {
      probeAgain();
    }
  }

  /// Finds out anew where the logs agree, beginning at `from`.
  void probeFrom(long from) {
    streaming = false;
    probeUnanswered = false;
    snapshotting = false;
    inflight.clear();
    inflightBytes = 0;
    next = Math.max(from, match + 1);
  }
}
