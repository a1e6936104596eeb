package dengine.raft;

import java.util.List;

/// Everything that can happen to a node, as the core is told of it. Completions of effects come
/// back as events too.
public sealed interface Event {

  /// Time has passed; deadlines are looked at. How often is up to the host, see
  /// [Raft#nextDeadline()].
  record Tick() implements Event {}

  /// A peer's message arrived. The transport has checked the sender's identity.
  ///
  /// @param from id of the sender
  record Received(int from, Message message) implements Event {}

  /// The application proposes commands, in this order.
  record Proposed(List<Proposal> proposals) implements Event {
    public Proposed {
      proposals = List.copyOf(proposals);
    }
  }

  /// One command and the ticket its fate is reported to.
  record Proposal(Ticket ticket, byte[] payload) {}

  /// Readers ask for an index at which a read is linearizable.
  record ReadAsked(List<Ticket> tickets) implements Event {
    public ReadAsked {
      tickets = List.copyOf(tickets);
    }
  }

  /// Everything up to and including the [Effect.Persist] with this number is as durable as the
  /// configured strategy promises. Numbers arrive ascending; some may be skipped.
  record Persisted(long sequence) implements Event {}

  /// The answer to [Effect.ReadEntries].
  ///
  /// @param from the index asked for
  /// @param entries consecutive entries from there on, at least one
  record EntriesRead(int reader, long from, List<Entry> entries) implements Event {}

  /// The state machine has applied everything up to and including this index.
  record Applied(long index) implements Event {}

  /// The connection to a peer broke: what was sent and not answered may be lost.
  record Unreachable(int peer) implements Event {}

  /// Somebody wants another node to lead instead of this one. Answered by [Effect.Accept] when this
  /// node has stepped down, or by [Effect.Refuse].
  ///
  /// @param to the voter that shall lead, or 0 for the one with the most of the log
  record TransferAsked(Ticket ticket, int to) implements Event {}

  /// Somebody wants other members. Answered by [Effect.Accept] with the position of the first
  /// configuration it takes, or by [Effect.Refuse]. The change is over when a configuration at or
  /// after that position which is not joint is committed, see [Effect.Configured].
  record MembershipAsked(Ticket ticket, MembershipChange change) implements Event {}

  /// A snapshot that was taken here is durable under its final name (rule C5).
  ///
  /// @param keepFrom the first entry the log shall keep at least; those before it may go as soon as
  ///     nobody here reads them any more
  record SnapshotTaken(SnapshotPoint point, long keepFrom) implements Event {}

  /// The answer to [Effect.FetchSnapshot]: the file is complete, verified, and durable under its
  /// final name.
  record SnapshotFetched(SnapshotPoint point) implements Event {}

  /// The answer to [Effect.FetchSnapshot] when there will be no file.
  record FetchFailed(Position position) implements Event {}

  /// Sending a snapshot has ended, whether it arrived or not (rule C8).
  record SnapshotSent(int peer, long session) implements Event {}

  /// The state machine holds the state of the snapshot of [Effect.Install].
  record Installed(long index) implements Event {}

  /// The founding members of [Effect.Found] are durable.
  record Founded() implements Event {}

  /// Something of the state machine's changes by itself at a cluster time, such as a key that
  /// expires: until the host says otherwise, a leader sees to it that an entry carries that time
  /// soon after it has come.
  ///
  /// @param clusterTime milliseconds; [Long#MAX_VALUE] if nothing does
  /// @param isOverdue whether an entry that was applied said that the time has come, and there was
  ///     more to change than goes with one entry: then a leader appends one after the other
  record Due(long clusterTime, boolean isOverdue) implements Event {}

  /// The log failed to write, sync or read. There is no way back (rule S1).
  record StorageFailed(Throwable cause) implements Event {}
}
