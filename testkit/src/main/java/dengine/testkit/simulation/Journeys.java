package dengine.testkit.simulation;

import dengine.raft.Message;
import dengine.raft.Position;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Follows snapshots on their way, to count what happens to them.
final class Journeys {

  /// What was last asked of whom.
  private record Asked(
      Position position,
      long fingerprint,
      int of,
      @Nullable NodeProcess sender,
      @Nullable NodeProcess receiver) {}

  private final Marks marks;
  private final Map<Integer, Asked> asked = new HashMap<>();

  Journeys(Marks marks) {
    this.marks = marks;
  }

  /// A node asks for a piece.
  void asks(Machine node, int of, Message.Transfer.Ask ask) {
    Machine other = node.world().machine(of);
    Asked next = new Asked(ask.position(), ask.fingerprint(), of, other.process(), node.process());
    Asked before = asked.put(node.id(), next);
    boolean same =
        before != null
            && before.position.equals(next.position)
            && before.fingerprint == next.fingerprint
            && ask.offset() > 0;
    if (same) {
      marks.hitIf(before.of != of, "transfer continued by another sender");
      marks.hitIf(
          before.of == of && before.sender != next.sender && next.sender != null,
          "transfer continued after a restart of the sender");
      marks.hitIf(
          before.receiver != next.receiver, "transfer continued after a restart of the receiver");
    }
  }

  /// A node begins to receive, or goes on.
  void begins(Machine node, long received) {
    marks.hit("snapshot asked for");
    marks.hitIf(received > 0, "transfer resumed");
  }

  /// A node has a snapshot.
  void arrived(Machine node) {
    Optional<Asked> journey = Optional.ofNullable(asked.remove(node.id()));
    marks.hit(journey.isPresent() ? "snapshot received" : "snapshot taken");
  }
}
