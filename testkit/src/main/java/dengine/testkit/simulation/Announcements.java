package dengine.testkit.simulation;

import dengine.engine.Condition;
import dengine.engine.Node;
import dengine.engine.Watching;
import dengine.raft.Position;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a node shows and tells of itself: never an older thing after a newer one, and that it leads
/// only once it has applied the entry that opened its term.
final class Announcements {

  /// Whoever follows a node takes part in what happens when, so in most runs nobody does; nor where
  /// another mistake is looked for.
  private static final int FOLLOWED_ONE_RUN_IN = 4;

  private final NodeProcess process;
  private final Machine machine;
  private @Nullable Condition shown;
  private @Nullable Condition told;

  Announcements(NodeProcess process) {
    this.process = process;
    this.machine = process.machine();
  }

  /// The node has started.
  void begin(Node node) {
    PlantedBug bug = process.sabotage().bug();
    boolean followed = !bug.isMistake() && machine.plan().seed() % FOLLOWED_ONE_RUN_IN == 0;
    if (followed || bug == PlantedBug.STATE_IS_TOLD_AFTER_A_NEWER_ONE) {
      Watching _ = node.watchCondition(now -> process.sabotage().told(now).forEach(this::told));
    }
  }

  /// Looks at what the node shows now.
  void look(Node node) {
    Condition now = process.sabotage().shown(node.condition());
    Condition before = shown;
    if (now.equals(before)) {
      return;
    }
    shown = now;
    if (before != null) {
      check(now.number() >= before.number(), now, "comes after " + before);
      follows(before, now);
    }
    check(
        (now.phase() == Condition.Phase.SERVING) == (now.leader() != 0) || now.isEnding(),
        now,
        "knows a leader or does not serve");
    if (now.leader() != 0) {
      int leader = machine.world().watch().leader(now.term());
      check(leader == 0 || leader == now.leader(), now, "but node " + leader + " leads that term");
    }
    if (now.isLeading()) {
      leads(node, now);
    }
  }

  private void leads(Node node, Condition now) {
    machine.world().marks().hit("leadership announced");
    Optional<Position> first =
        machine.disk().log().flatMap(log -> log.image().at(now.firstCommit()));
    check(
        now.leader() == machine.id()
            && now.firstCommit() > 0
            && node.appliedIndex() >= now.firstCommit()
            && first.map(at -> at.term() == now.term()).orElse(true),
        now,
        "announced early: applied is " + node.appliedIndex() + ", the first entry " + first);
  }

  private void told(Condition now) {
    Condition before = told;
    told = now;
    if (before != null) {
      check(now.number() > before.number(), now, "is told after " + before);
      follows(before, now);
    }
  }

  private void follows(Condition before, Condition now) {
    boolean sameTerm = now.term() == before.term();
    check(
        now.term() >= before.term()
            && (!before.isEnding() || now.phase().compareTo(before.phase()) >= 0)
            && (!sameTerm || before.firstCommit() == 0 || before.firstCommit() == now.firstCommit())
            && (!sameTerm
                || before.leader() == 0
                || now.leader() == 0
                || before.leader() == now.leader()),
        now,
        "contradicts " + before);
  }

  private void check(boolean holds, Condition now, String wrong) {
    machine.world().watch().check(holds, machine, now + " " + wrong);
  }
}
