package dengine.raft;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads of the log in a [Scenario], answered at once unless held.
final class HeldReads {

  private final Set<Integer> held = new HashSet<>();
  private final Map<Integer, ArrayDeque<Effect.ReadEntries>> waiting = new HashMap<>();

  void hold(int id) {
    held.add(id);
  }

  void release(int id) {
    held.remove(id);
  }

  void forget(int id) {
    waiting.remove(id);
  }

  boolean isWaiting(int id) {
    return waiting.containsKey(id) && !waiting.get(id).isEmpty();
  }

  /// What is answered at once is returned.
  Optional<Event> ask(SimulatedNode node, Effect.ReadEntries read) {
    if (!held.contains(node.id())) {
      return Optional.of(answer(node, read));
    }
    waiting.computeIfAbsent(node.id(), _ -> new ArrayDeque<>()).add(read);
    return Optional.empty();
  }

  /// Answers the oldest with what the disk holds now.
  Event answerNext(SimulatedNode node) {
    return answer(node, waiting.get(node.id()).remove());
  }

  private static Event answer(SimulatedNode node, Effect.ReadEntries read) {
    return new Event.EntriesRead(
        read.reader(), read.from(), node.disk().read(read.from(), read.upTo(), read.maxBytes()));
  }
}
