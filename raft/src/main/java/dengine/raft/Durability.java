package dengine.raft;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// What of this node's promises is on disk, and the messages that wait for it.
///
/// Every message that promises something about term, vote or log goes out through
/// [#sendWhenDurable]: it leaves when everything persisted so far is durable (D1, D2, D4). The host
/// may take as long as it likes between [Effect.Persist] and [Event.Persisted].
final class Durability {

  /// Most bytes of entries in one [Effect.Persist], unless it is a single one: far below what any
  /// log takes as one change, however much was proposed or sent at once.
  static final int MAX_CHANGE_BYTES = 16 << 20;

  private static final class Pending {
    final long sequence;
    final long since;
    long lastIndex;

    Pending(long sequence, long since, long lastIndex) {
      this.sequence = sequence;
      this.since = since;
      this.lastIndex = lastIndex;
    }
  }

  private static final class Held {
    final long sequence;
    final int to;
    Message message;

    Held(long sequence, int to, Message message) {
      this.sequence = sequence;
      this.to = to;
      this.message = message;
    }
  }

  private final NodeState state;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private long sequence;
  private long durableIndex;

  Durability(NodeState state, long durableIndex) {
    this.state = state;
    this.durableIndex = durableIndex;
  }

  /// Up to where this node's log is durable, as it stands now.
  long durableIndex() {
    return durableIndex;
  }

  /// For how long the oldest write has been under way, in nanoseconds; 0 if there is none.
  long waiting() {
    return pending.isEmpty() ? 0 : state.now() - pending.peek().since;
  }

  /// Writes not yet reported durable.
  int unwritten() {
    return pending.size();
  }

  /// Messages that wait for one.
  int held() {
    return held.size();
  }

  void persistHardState() {
    emit(Optional.of(state.hard()), 0, List.of(), Optional.empty());
  }

  void persistEntries(long truncateFrom, List<Entry> entries) {
    if (truncateFrom > 0) {
      // A write in flight for the truncated indexes proves nothing about what replaces them (rule
      // L9).
      durableIndex = Math.min(durableIndex, truncateFrom - 1);
      for (Pending write : pending) {
        write.lastIndex = Math.min(write.lastIndex, truncateFrom - 1);
      }
    }
    int from = 0;
    long truncate = truncateFrom;
    do {
      int end = endOfChange(entries, from);
      // Whatever a crash leaves of the parts is a log that could have been sent like this: what
      // promises the whole waits for the last of them.
      emit(Optional.empty(), truncate, entries.subList(from, end), Optional.empty());
      truncate = 0;
      from = end;
    } while (from < entries.size());
  }

  private static int endOfChange(List<Entry> entries, int from) {
    long bytes = 0;
    int end = from;
    while (end < entries.size()
        && (end == from || bytes + entries.get(end).size() <= MAX_CHANGE_BYTES)) {
      bytes += entries.get(end).size();
      end++;
    }
    return end;
  }

  /// The log begins anew after a snapshot. No write that is under way proves anything about it
  /// (rule L9).
  void persistReset(SnapshotPoint point) {
    durableIndex = 0;
    for (Pending write : pending) {
      write.lastIndex = 0;
    }
    emit(Optional.empty(), 0, List.of(), Optional.of(point));
  }

  void sendWhenDurable(int to, Message message) {
    if (pending.isEmpty()) {
      state.deliver(to, message);
    } else if (!joinsWhatWaits(to, message)) {
      held.add(new Held(sequence, to, message));
    }
  }

  /// Whoever asks again and again while the disk hangs gets one answer, not one for each time.
  private boolean joinsWhatWaits(int to, Message message) {
    Iterator<Held> latestFirst = held.descendingIterator();
    while (latestFirst.hasNext()) {
      Held other = latestFirst.next();
      if (other.sequence < sequence) {
        return false;
      }
      if (other.to == to && other.message.getClass().equals(message.getClass())) {
        other.message = newer(other.message, message);
        return true;
      }
    }
    return false;
  }

  /// The one that says as much as both: what is overtaken may confirm less than what came before.
  /// Both are of one term and session, or there would be a write between them.
  private static Message newer(Message before, Message after) {
    return before instanceof Message.Replicated one && after instanceof Message.Replicated other
        ? new Message.Replicated(
            other.term(),
            other.session(),
            Math.max(one.matched(), other.matched()),
            Math.max(one.sentAt(), other.sentAt()))
        : after;
  }

  void persisted(long upTo) {
    if (upTo > sequence) {
      throw new IllegalStateException("persisted " + upTo + " of " + sequence);
    }
    while (!pending.isEmpty() && pending.peek().sequence <= upTo) {
      durableIndex = Math.max(durableIndex, pending.remove().lastIndex);
    }
    while (!held.isEmpty() && held.peek().sequence <= upTo) {
      Held next = held.remove();
      if (isStillMeant(next.message)) {
        state.deliver(next.to, next.message);
      }
    }
  }

  /// What was promised to an earlier term's leader or candidate interests nobody any more, and a
  /// node that no longer stands for election asks for no votes, least of all with a log it may no
  /// longer have.
  private boolean isStillMeant(Message message) {
    return message.term() == state.term()
        && (!(message instanceof Message.AskVote) || state.role() instanceof Role.Candidate);
  }

  private void emit(
      Optional<HardState> hardState,
      long truncateFrom,
      List<Entry> entries,
      Optional<SnapshotPoint> reset) {
    sequence++;
    // In parts of a larger change the log already has what later parts make durable.
    long last = entries.isEmpty() ? state.log().lastIndex() : entries.getLast().index();
    pending.add(new Pending(sequence, state.now(), last));
    state.emit(new Effect.Persist(sequence, hardState, truncateFrom, entries, reset));
  }
}
