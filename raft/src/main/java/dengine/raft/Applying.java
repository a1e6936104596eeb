package dengine.raft;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/// Hands committed entries to the state machine, in order, once each, within a budget of bytes that
/// are handed out and not yet reported applied.
///
/// An entry is handed out only when it is durable here as well (D9): a lone voter would otherwise
/// acknowledge what a crash takes back.
final class Applying {

  private record Batch(long lastIndex, long bytes, boolean fromMemory) {}

  private final NodeState state;
  private final ArrayDeque<Batch> outstanding = new ArrayDeque<>();
  private long outstandingBytes;
  private long handed;
  private boolean reading;

  /// @param applied index up to which the state machine brought its own state with it
  Applying(NodeState state, long applied) {
    this.state = state;
    this.handed = applied;
    state.appliedUpTo(applied, 0);
  }

  /// Bytes handed out and not yet reported applied.
  long outstandingBytes() {
    return outstandingBytes;
  }

  void advance() {
    long upTo = Math.min(state.commit(), state.durability().durableIndex());
    while (!reading && handed < upTo && outstandingBytes < state.options().maxApplyBytes()) {
      long from = handed + 1;
      int budget = state.options().maxApplyBytes();
      Optional<List<Entry>> entries = state.log().slice(from, upTo, budget);
      if (entries.isEmpty()) {
        reading = true;
        long end = Math.min(upTo, state.log().firstInMemory() - 1);
        state.read(Raft.APPLIER, from, end, budget);
      } else {
        handOut(entries.get(), true);
      }
    }
    state.evict(handed);
  }

  void onEntriesRead(long from, List<Entry> entries) {
    if (!reading || from != handed + 1) {
      throw new IllegalStateException("entries from " + from + " read, not asked for");
    }
    reading = false;
    handOut(state.log().verified(from, entries), false);
    advance();
  }

  /// Up to where entries were handed out.
  long handed() {
    return handed;
  }

  /// Whether entries are being read from the disk.
  boolean isReading() {
    return reading;
  }

  /// The state machine gets a snapshot, and after it what follows in the log. What was handed out
  /// before is still reported applied, first.
  void skipTo(long index) {
    handed = index;
  }

  void onInstalled(long index) {
    state.appliedUpTo(index, 0);
    advance();
  }

  void onApplied(long index) {
    if (index > handed) {
      throw new IllegalStateException("applied " + index + ", handed out only " + handed);
    }
    long fromMemory = 0;
    while (!outstanding.isEmpty() && outstanding.peek().lastIndex <= index) {
      Batch batch = outstanding.remove();
      outstandingBytes -= batch.bytes;
      fromMemory += batch.fromMemory ? batch.bytes : 0;
    }
    state.appliedUpTo(index, fromMemory);
    advance();
  }

  private void handOut(List<Entry> entries, boolean fromMemory) {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.size();
    }
    handed = entries.getLast().index();
    outstandingBytes += bytes;
    outstanding.add(new Batch(handed, bytes, fromMemory));
    state.emit(new Effect.Apply(entries));
  }
}
