package dengine.raft;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/// Hands committed entries to the state machine, in order, once each, within a budget of bytes that are
/// handed out and not yet reported applied.
///
/// An entry is handed out only when it is durable here as well (D9): a lone voter would otherwise
/// acknowledge what a crash takes back.
final class Applying {

  private record Batch(long lastIndex, long bytes, long charged) {}

  private final NodeState state;
  private final long recoveredLast;
  private final ArrayDeque<Batch> outstanding = new ArrayDeque<>();
  private long outstandingBytes;
  private long handed;
  private long applied;
  private boolean reading;

  /// @param applied index up to which the state machine brought its own state with it
  Applying(NodeState state, long applied) {
    this.state = state;
    this.recoveredLast = state.log().lastIndex();
    this.handed = applied;
    this.applied = applied;
  }

  long applied() {
    return applied;
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
        state.emit(new Effect.ReadEntries(Raft.APPLIER, from, end, budget));
      } else {
        handOut(entries.get());
      }
    }
    state.log().evict(Math.min(handed, state.durability().durableIndex()));
  }

  void onEntriesRead(long from, List<Entry> entries) {
    if (!reading || from != handed + 1 || entries.getFirst().index() != from) {
      throw new IllegalStateException(
          "asked for entries after " + handed + ", got " + entries.getFirst() + " for " + from);
    }
    reading = false;
    handOut(entries);
    advance();
  }

  void onApplied(long index) {
    applied = Math.max(applied, index);
    while (!outstanding.isEmpty() && outstanding.peek().lastIndex <= index) {
      Batch batch = outstanding.remove();
      outstandingBytes -= batch.bytes;
      state.applied(batch.charged);
    }
    advance();
  }

  private void handOut(List<Entry> entries) {
    long bytes = 0;
    long charged = 0;
    for (Entry entry : entries) {
      bytes += entry.size();
      charged += entry.index() > recoveredLast ? entry.size() : 0;
    }
    handed = entries.getLast().index();
    outstandingBytes += bytes;
    outstanding.add(new Batch(handed, bytes, charged));
    state.emit(new Effect.Apply(entries));
  }
}
