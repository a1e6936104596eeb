package dengine.raft;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The protocol between nodes. Every message carries its sender's term; sender and addressee are
/// the transport's business.
///
/// A `session` names one stretch of replication from a leader to one peer within a term (rule L8):
/// an answer to another session is dropped. `sentAt` is the leader's own monotonic clock when it
/// sent a request; the peer returns it unread, and the leader's lease counts from it (rule R4).
public sealed interface Message {

  /// For `sentAt` of an answer to nothing that was sent with a time: renews no lease.
  long NEVER = Long.MIN_VALUE / 2;

  /// The sender's current term; for a pre-vote the term it would start.
  long term();

  /// A candidate asks for a vote (§5.2); with `pre`, whether it would get one (thesis §9.6).
  ///
  /// @param last the end of the candidate's log
  /// @param transfer the leader itself asked for this election, so voters need not protect it
  record AskVote(long term, Position last, boolean pre, boolean transfer) implements Message {}

  /// The answer to [AskVote].
  ///
  /// @param term for a granted pre-vote the term asked for, otherwise the voter's own
  record Vote(long term, boolean granted, boolean pre) implements Message {}

  /// Entries for the log (§5.3), or none, to find out where the logs agree.
  ///
  /// @param previous position right before `entries` in the leader's log
  /// @param entries consecutive entries, possibly none
  /// @param commit the leader's commit index, unclamped: the follower clamps it itself (rule L2)
  record Replicate(
      long term, long session, Position previous, List<Entry> entries, long commit, long sentAt)
      implements Message {
    public Replicate {
      long index = previous.index();
      long last = previous.term();
      for (Entry entry : entries) {
        index++;
        if (entry.index() != index || entry.term() < last || entry.term() > term) {
          throw new IllegalArgumentException(entry + " after " + last + " in term " + term);
        }
        last = entry.term();
      }
    }
  }

  /// The follower holds, durably, everything up to `matched` as the leader of `term` has it. It is
  /// what the request covered, never the follower's last index (rule L3).
  record Replicated(long term, long session, long matched, long sentAt) implements Message {}

  /// The follower's log does not hold `previous`.
  ///
  /// @param previous index of the request's previous position; 0 if this answers a heartbeat:
  ///     nothing of this term was shown to the follower since it started, so it cannot tell what is
  ///     committed
  /// @param hint the follower's last position at or before `previous` that may agree
  record Conflict(long term, long session, long previous, Position hint) implements Message {}

  /// The leader is alive. Proves nothing about the log.
  ///
  /// @param round number of the latest leadership confirmation that reads wait for
  record Heartbeat(long term, long session, long commit, long round, long sentAt)
      implements Message {}

  /// The answer to [Heartbeat]. Not an acknowledgement of data (rule L3).
  record HeartbeatAck(long term, long session, long round, long sentAt) implements Message {}

  /// Whatever was received belongs to a term before the sender's.
  record Outdated(long term) implements Message {}

  /// The leader hands over: campaign at once (thesis §3.10, "TimeoutNow").
  record CampaignNow(long term) implements Message {}

  /// The receiver's log ends where the leader's no longer begins: it needs this snapshot. Made by
  /// the host, which has the file.
  ///
  /// @param bytes length of the file
  /// @param fingerprint of its contents: two files with the same position and fingerprint are the
  ///     same, whoever made them
  record OfferSnapshot(long term, long session, SnapshotPoint point, long bytes, long fingerprint)
      implements Message {}

  /// The sender has a new disk: does the cluster know it by this incarnation? Between nodes that
  /// are configured to found a cluster, also who has been heard from.
  ///
  /// @param term 0
  /// @param incarnation of the sender's disk
  /// @param heard incarnations of the founders the sender knows, its own included; empty if it
  ///     wants to join a cluster that is there
  /// @param founded whether `heard` is final
  /// @param address where the sender is reached, as it was configured; may be empty
  record Introduce(
      long term, long incarnation, SortedMap<Integer, Long> heard, boolean founded, String address)
      implements Message {
    public Introduce {
      heard = Collections.unmodifiableSortedMap(new TreeMap<>(heard));
    }
  }

  /// The answer to [Introduce] by a member of the cluster.
  ///
  /// @param incarnation the one that was asked about
  /// @param member whether the committed configuration has the asking node with that incarnation
  record Recognize(long term, long incarnation, boolean member) implements Message {}

  /// The receiver asked for votes and is no member any more (committed at `index`): it need not ask
  /// again.
  record NotMember(long term, long index) implements Message {}

  /// What hosts say to each other while a snapshot's file travels; the core is not told. The
  /// receiver asks, piece by piece, so it may begin where it was interrupted and go as fast as it
  /// can write.
  sealed interface Transfer extends Message {

    /// Asks for a piece of the file that was offered.
    ///
    /// @param length at most; the sender may give less
    record Ask(
        long term, long session, Position position, long fingerprint, long offset, int length)
        implements Transfer {}

    /// A piece of the file.
    record Piece(long term, Position position, long fingerprint, long offset, byte[] bytes)
        implements Transfer {}

    /// The transfer ends here, by either side: no such file, no room, or all of it is there.
    record End(long term, long session, Position position, boolean complete, String reason)
        implements Transfer {}
  }
}
