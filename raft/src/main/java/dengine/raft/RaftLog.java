package dengine.raft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The log as the core knows it: the term of every index, and the entries of the recent past. Older
/// entries are read by the host ([Effect.ReadEntries]).
///
/// The tail always holds what is not yet durable. What is durable and not yet handed to the state
/// machine may take `maxUnhandedBytes` beside that, and what is handed out as well is kept, up to
/// `maxTailBytes`, for followers that are a little behind.
final class RaftLog {

  private final Terms terms;
  private final long maxTailBytes;
  private final long maxUnhandedBytes;
  private Entry[] ring = new Entry[1024];
  private long first;
  private long tailBytes;
  private long evictedUnhanded;
  private long lastTime;

  RaftLog(RecoveredLog recovered, long maxTailBytes, long maxUnhandedBytes) {
    this.terms = new Terms(recovered);
    this.maxTailBytes = maxTailBytes;
    this.maxUnhandedBytes = maxUnhandedBytes;
    this.first = recovered.lastIndex() + 1;
    this.lastTime = recovered.lastTime();
  }

  Position last() {
    return terms.last();
  }

  long lastIndex() {
    return terms.lastIndex();
  }

  /// Cluster time of the last entry, or of the snapshot that the log begins after. Goes back only
  /// where the log does: what was cut off was a time that nobody else got to know.
  long lastTime() {
    return lastTime;
  }

  long termAt(long index) {
    return terms.at(index);
  }

  /// First index of the last term, see [Terms#firstOf].
  long firstOf(long term) {
    return terms.firstOf(term);
  }

  boolean holds(Position position) {
    return terms.at(position.index()) == position.term();
  }

  Position atOrBelow(long index, long term) {
    return terms.atOrBelow(index, term);
  }

  /// §5.4.1: whether a log that ends at `other` is at least as up-to-date as this one.
  boolean isUpToDate(Position other) {
    return other.compareTo(last()) >= 0;
  }

  void append(List<Entry> entries) {
    for (Entry entry : entries) {
      terms.append(entry.index(), entry.term());
      ensureRoom();
      ring[slot(entry.index())] = entry;
      tailBytes += entry.size();
      lastTime = entry.time();
    }
  }

  /// Drops everything from `index` on and returns the bytes of the dropped entries that were in
  /// memory.
  long truncateFrom(long index) {
    long dropped = 0;
    for (long i = Math.max(index, first); i <= lastIndex(); i++) {
      dropped += ring[slot(i)].size();
      ring[slot(i)] = null;
    }
    tailBytes -= dropped;
    terms.truncateFrom(index);
    first = Math.min(first, index);
    evictedUnhanded = Math.min(evictedUnhanded, index - 1);
    return dropped;
  }

  /// The position just before the first entry that is still in the log, on disk or in memory.
  Position base() {
    return terms.base();
  }

  /// Forgets everything up to `index`, which is applied and durable and will not be asked for
  /// again.
  void compactTo(long index) {
    while (first <= index && first <= lastIndex()) {
      forgetFirst();
    }
    first = Math.max(first, index + 1);
    terms.compactTo(index);
  }

  /// Forgets everything: the log goes on after a snapshot (rule C1).
  ///
  /// @param handed up to where entries were handed to the state machine
  /// @return bytes of the forgotten entries that were in memory and not handed out
  long reset(SnapshotPoint point, long handed) {
    long dropped = 0;
    for (long i = Math.max(first, handed + 1); i <= lastIndex(); i++) {
      dropped += ring[slot(i)].size();
    }
    Arrays.fill(ring, null);
    terms.reset(point.position());
    first = point.position().index() + 1;
    tailBytes = 0;
    evictedUnhanded = 0;
    lastTime = point.time();
    return dropped;
  }

  /// Entries from `from` on, at most up to `upTo`, at most `maxBytes` but at least one; empty if
  /// `from` is no longer in memory.
  Optional<List<Entry>> slice(long from, long upTo, long maxBytes) {
    if (from < first) {
      return Optional.empty();
    }
    long bytes = 0;
    List<Entry> slice = new ArrayList<>((int) Math.min(upTo - from + 1, 1024));
    for (long i = from; i <= upTo; i++) {
      Entry entry = ring[slot(i)];
      bytes += entry.size();
      if (bytes > maxBytes && !slice.isEmpty()) {
        break;
      }
      slice.add(entry);
    }
    return Optional.of(slice);
  }

  /// Rule L10: what the disk gave back for the entries from `from` on must be what was written
  /// there. An error taken for the end of the log, or for the log, corrupts whoever gets these
  /// entries.
  List<Entry> verified(long from, List<Entry> entries) {
    if (entries.isEmpty()) {
      throw new IllegalStateException(
          "the disk gave back no entry from " + from + " on, of " + last());
    }
    long index = from;
    for (Entry entry : entries) {
      if (entry.index() != index || !holds(entry.position())) {
        throw new IllegalStateException(
            "the disk gave back " + entry + ", at index " + index + " is term " + termAt(index));
      }
      index++;
    }
    return entries;
  }

  /// Bytes of the entries in memory.
  long tailBytes() {
    return tailBytes;
  }

  /// The first index still in memory.
  long firstInMemory() {
    return first;
  }

  /// Forgets entries at the front of the tail while it is over its budget. Only what is durable may
  /// go: everything else could not be read back. What is not handed out goes late, since it will be
  /// read; but a leader that does not know what is committed sends its whole log, however long.
  ///
  /// @return the bytes of entries that were forgotten though they are not handed out
  long evict(long durable, long handed) {
    shrinkTo(maxTailBytes, Math.min(durable, handed));
    long before = tailBytes;
    shrinkTo(maxTailBytes + maxUnhandedBytes, durable);
    if (tailBytes < before) {
      evictedUnhanded = first - 1;
    }
    return before - tailBytes;
  }

  /// Up to where entries were forgotten before they were handed out; 0 if none were.
  long evictedUnhanded() {
    return evictedUnhanded;
  }

  private void shrinkTo(long budget, long upTo) {
    while (tailBytes > budget && first <= upTo && first <= lastIndex()) {
      forgetFirst();
    }
  }

  private void forgetFirst() {
    int slot = slot(first);
    tailBytes -= ring[slot].size();
    ring[slot] = null;
    first++;
  }

  private int slot(long index) {
    return (int) (index & (ring.length - 1));
  }

  private void ensureRoom() {
    long count = lastIndex() - first + 1;
    if (count <= ring.length) {
      return;
    }
    Entry[] old = ring;
    ring = new Entry[Math.multiplyExact(old.length, 2)];
    for (long i = first; i < lastIndex(); i++) {
      ring[slot(i)] = old[(int) (i & (old.length - 1))];
    }
    Arrays.fill(old, null);
  }
}
