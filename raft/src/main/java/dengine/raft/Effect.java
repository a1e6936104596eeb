package dengine.raft;

import java.util.List;
import java.util.Optional;

/// Everything the core can ask of its host. Effects carry no hidden order: the core itself holds
/// back each vote and acknowledgement until [Event.Persisted] covers what it promises, so the host
/// may carry them out at any speed. Two things only are ordered: [Persist] among themselves, and
/// [Send] to one peer among themselves (a transport that reorders costs speed, never safety).
public sealed interface Effect {

  /// One atomic change of the ordered stream of term, vote, truncation and entries: it becomes
  /// durable as a whole or not at all.
  ///
  /// @param sequence counts up by one with each Persist
  /// @param hardState the new term and vote, if they changed
  /// @param truncateFrom drop entries from this index on, before appending; 0 for none
  /// @param entries to append, consecutive, the first right after the (truncated) log's end
  /// @param reset drop the whole log before anything else: it goes on right after the position of
  ///     this snapshot, whose file is durable (rules C1, C5)
  record Persist(
      long sequence,
      Optional<HardState> hardState,
      long truncateFrom,
      List<Entry> entries,
      Optional<SnapshotPoint> reset)
      implements Effect {

    /// A change that keeps what is before it.
    public Persist(
        long sequence, Optional<HardState> hardState, long truncateFrom, List<Entry> entries) {
      this(sequence, hardState, truncateFrom, entries, Optional.empty());
    }
  }

  /// Send a message to a peer; it may be lost.
  record Send(int to, Message message) implements Effect {}

  /// These entries are committed and durable here: apply them, in order. Consecutive across
  /// effects.
  record Apply(List<Entry> entries) implements Effect {}

  /// Read entries from the durable log, from `from` up to at most `upTo`, stopping after `maxBytes`
  /// (but with at least one entry), and answer with [Event.EntriesRead].
  ///
  /// @param reader the peer they are for, or [Raft#APPLIER]; comes back in the answer
  record ReadEntries(int reader, long from, long upTo, long maxBytes) implements Effect {}

  /// These reads are linearizable once the state machine has applied `index`.
  record ServeReads(List<Ticket> tickets, long index) implements Effect {}

  /// The proposal was appended to the leader's log at this position. It commits there or never.
  record Accept(Ticket ticket, Position position) implements Effect {}

  /// The proposal is certainly not in the log, or the read cannot be served.
  record Refuse(Ticket ticket, Refusal refusal) implements Effect {}

  /// What this node is, or whom it follows, changed.
  record Announce(RoleChange change) implements Effect {}

  /// A configuration took effect, was taken back, or is known to be committed.
  ///
  /// @param index of its entry; 0 if it is the one the cluster was founded with
  /// @param committed whether it can no longer be taken back
  record Configured(long index, Membership membership, boolean committed) implements Effect {}

  /// Nobody needs the log up to this position any more: a snapshot covers it. The host may keep
  /// more. What it asks back with [ReadEntries] lies behind it, always.
  record Compact(Position upTo) implements Effect {}

  /// A peer needs a snapshot: offer it the newest ([Message.OfferSnapshot], with this term and
  /// session), serve what it asks for, and report the end with [Event.SnapshotSent]. For one peer
  /// the latest of these counts.
  record SendSnapshot(int to, long term, long session) implements Effect {}

  /// Fetch the snapshot that is offered, and answer with [Event.SnapshotFetched] or
  /// [Event.FetchFailed]. The latest of these counts; one for the file that is being fetched goes
  /// on, from the new sender.
  record FetchSnapshot(int from, Message.OfferSnapshot offer) implements Effect {}

  /// Give the state machine the state of the newest snapshot, after all entries handed out before
  /// and before all that follow, and answer with [Event.Installed].
  record Install(SnapshotPoint point) implements Effect {}

  /// Write down the founding members, durably, and answer with [Event.Founded].
  record Found(Membership membership) implements Effect {}

  /// An invariant is broken or the log failed; the node must stop. No effect follows.
  record Fatal(Throwable cause) implements Effect {}
}
