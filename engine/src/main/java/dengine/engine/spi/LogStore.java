package dengine.engine.spi;

import dengine.raft.Effect;
import dengine.raft.Entry;
import dengine.raft.HardState;
import dengine.raft.Position;
import dengine.raft.RecoveredLog;
import java.util.List;

/// The durable log of one node: one ordered stream of term, vote, truncation, entries, and of new
/// beginnings after a snapshot was installed ([Effect.Persist#reset]).
///
/// It takes every entry up to [Entry#MAX_PAYLOAD_BYTES], whatever this node's own limits are:
/// another node's leader may have taken it. Nothing larger is ever appended.
///
/// [#append], [#force] and [#compact] are called by the node's log thread only. [#read] may be
/// called by another thread at the same time. Every failure is final: after a [StorageException]
/// the engine stops the node and calls nothing but [#close] (rule S1: a sync that failed must not
/// be tried again).
public interface LogStore extends AutoCloseable {

  /// What was found on disk when the store was opened.
  ///
  /// @param hardState term and vote; the term is at least that of the last entry (rule D8)
  /// @param log where terms begin and where the log ends
  /// @param memberships the entries of kind [Entry.Kind#MEMBERSHIP] in it, ascending
  record Recovered(HardState hardState, RecoveredLog log, List<Entry> memberships) {
    public Recovered {
      memberships = List.copyOf(memberships);
    }
  }

  /// What was found when the store was opened.
  Recovered recovered();

  /// Writes changes in order, in as few writes as possible. Afterwards they are in the operating
  /// system's hands; only [#force] makes them durable. The changes together are atomic: after a
  /// crash a prefix of them is found, cut between two changes.
  ///
  /// @throws StorageException when the disk refuses
  void append(List<Effect.Persist> changes) throws StorageException;

  /// Makes everything appended so far durable.
  ///
  /// @throws StorageException when the disk refuses; nothing may be assumed durable then
  void force() throws StorageException;

  /// Consecutive entries from `from` on, up to at most `upTo`, stopping after `maxBytes`
  /// ([Entry#size]) but with at least one entry. Every record's checksum is verified (rule S4).
  ///
  /// @throws StorageException when the range is not in the log or a record is damaged
  List<Entry> read(long from, long upTo, long maxBytes) throws StorageException;

  /// Frees what is needed for no entry behind `upTo`, now or at a later call; nobody reads before
  /// it any more. Durable snapshots cover it (rule C5). After a restart the log may begin anywhere
  /// from where it began to `upTo`. Called by the node's log thread.
  ///
  /// @throws StorageException when the disk refuses
  void compact(Position upTo) throws StorageException;

  /// Releases files. Does not force: [#append] without [#force] promises nothing.
  @Override
  void close() throws StorageException;
}
