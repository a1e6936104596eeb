package dengine.testkit.simulation;

import dengine.engine.Node;
import dengine.engine.NodeException;
import dengine.raft.Membership;
import dengine.raft.MembershipChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Operators who change the members while users work, mostly by asking whoever leads, and those who
/// put new disks into machines. They may ask for anything at any time: what would be too much the
/// cluster must refuse. One thing it cannot refuse is the loss of disks: another one is lost only
/// when the cluster has given back what was on the last one, and a majority remains without it.
final class Operators {

  private static final int VOTERS_NEEDED = 3;

  private final World world;
  private final List<NodeProcess> changing = new ArrayList<>();

  /// Whose disk was lost, and perhaps not given back yet; 0 for nobody.
  private int wiped;

  private boolean over;

  Operators(World world) {
    this.world = world;
  }

  void end() {
    over = true;
  }

  /// Whose disk was lost and is not yet given back; 0 for nobody.
  int wiped() {
    return wiped;
  }

  /// @param machine whom it is about
  void ask(Trouble kind, Machine machine, RandomGenerator random) {
    int id = machine.id();
    if (!world.knobs().changes() && kind != Trouble.TAKE_SNAPSHOT) {
      return;
    }
    switch (kind) {
      case TAKE_SNAPSHOT -> takeSnapshot(machine);
      case ADD -> add(machine, random.nextInt(6) == 0, 0, random);
      case REPLACE -> add(stranger(random), false, voter(random), random);
      case PROMOTE -> change(new MembershipChange.Promote(List.of(learner(random))), random);
      case DEMOTE -> shrink(new MembershipChange.Demote(id), random);
      case REMOVE ->
          shrink(
              new MembershipChange.Remove(
                  random.nextInt(3) > 0 ? List.of(id) : both(id, world.anyone(random).id())),
              random);
      case REDUCE -> reduce(random);
      case READDRESS -> readdress(machine, machine.address(), random);
      case MOVE_AWAY -> moveAway(machine, random);
      default -> throw new IllegalArgumentException(kind + " is nothing to ask for");
    }
  }

  private static List<Integer> both(int one, int other) {
    return one == other ? List.of(one) : List.of(one, other);
  }

  private Membership members() {
    return world.watch().configurations().last();
  }

  private int voter(RandomGenerator random) {
    return pick(members().voters(), random);
  }

  private int learner(RandomGenerator random) {
    return pick(members().learners(), random);
  }

  private static int pick(List<Integer> some, RandomGenerator random) {
    return some.isEmpty() ? 1 : some.get(random.nextInt(some.size()));
  }

  private Machine stranger(RandomGenerator random) {
    List<Integer> others = new ArrayList<>(world.ids());
    others.removeAll(members().members());
    return others.isEmpty() ? world.anyone(random) : world.machine(pick(others, random));
  }

  private void takeSnapshot(Machine machine) {
    if (world.plan().has(Trouble.SNAPSHOTS)) {
      on(
          machine,
          node -> {
            var _ = node.snapshot();
          });
    }
  }

  /// Whoever adds a node may not know its disk yet.
  private void add(Machine machine, boolean readOnly, int replaces, RandomGenerator random) {
    long incarnation = random.nextBoolean() ? machine.incarnation() : 0;
    Membership.Member member =
        new Membership.Member(machine.address(), incarnation, readOnly, replaces);
    NodeProcess process = machine.process();
    if (process != null) {
      machine.meetEverybody(process);
    }
    MembershipChange change = new MembershipChange.Add(machine.id(), member);
    if (replaces == 0) {
      change(change, random);
    } else {
      shrink(change, random);
    }
  }

  /// All but one leave, or all but a few.
  private void reduce(RandomGenerator random) {
    List<Integer> others = new ArrayList<>(members().members());
    int stay = others.size() < 2 ? 0 : random.nextInt(3) > 0 ? 1 : 2;
    for (int i = 0; i < stay && !others.isEmpty(); i++) {
      int stays = pick(others, random);
      others.removeIf(id -> id == stays);
    }
    if (!others.isEmpty()) {
      shrink(new MembershipChange.Remove(others), random);
    }
  }

  private void readdress(Machine machine, String address, RandomGenerator random) {
    change(new MembershipChange.Readdress(machine.id(), address), random);
  }

  /// The machine gets another address, and its node is started again there.
  private void moveAway(Machine machine, RandomGenerator random) {
    if (!world.watch().configurations().isFounded() || !machine.takesPart()) {
      return;
    }
    machine.crash();
    machine.move("node-" + machine.id() + ":" + (2 + random.nextInt(1000)));
    world.marks().hit("machine moved");
    // Somebody tells the cluster, sooner or later, and again if it did not listen.
    for (int i = 1; i <= 4; i++) {
      world
          .agenda()
          .in(
              i * random.nextLong(2 * world.knobs().electionTimeout()),
              () -> {
                if (!over) {
                  readdress(machine, machine.address(), random);
                }
              });
    }
  }

  /// Takes votes away: nobody does that while a disk is being replaced.
  private void shrink(MembershipChange change, RandomGenerator random) {
    if (wiped == 0 || isRestored()) {
      change(change, random);
    }
  }

  private void change(MembershipChange change, RandomGenerator random) {
    Machine asked = random.nextInt(6) == 0 ? world.anyone(random) : world.someLeader(random);
    on(
        asked,
        node -> {
          NodeProcess process = Objects.requireNonNull(asked.process());
          changing.add(process);
          var _ =
              node.changeMembership(change)
                  .handle(
                      (_, failure) -> {
                        changing.remove(process);
                        count(change, failure);
                        return null;
                      });
        });
  }

  private void count(MembershipChange change, @Nullable Throwable failure) {
    @Nullable Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    String outcome =
        switch (cause) {
          case null -> "done";
          case NodeException.Refused refused -> refused.refusal().getClass().getSimpleName();
          default -> cause.getClass().getSimpleName();
        };
    world.marks().hit("asked to " + change.getClass().getSimpleName() + ": " + outcome);
  }

  private void on(Machine machine, Consumer<Node> action) {
    NodeProcess process = machine.process();
    if (process != null) {
      machine.run(
          process,
          () -> {
            Subject.Life life = process.life();
            if (life != null && !over) {
              action.accept(life.node());
            }
          });
    }
  }

  /// A machine gets an empty disk, if the cluster can bear that now.
  boolean mayWipe(Machine machine) {
    if (wiped != 0 && isRestored()) {
      wiped = 0;
    }
    changing.removeIf(process -> !process.isAlive());
    return world.knobs().changes()
        && wiped == 0
        && changing.isEmpty()
        && members().voters().size() >= VOTERS_NEEDED
        && machine.takesPart()
        && machines().map(Machine::membership).allMatch(Operators::isPlain);
  }

  void wipe(Machine machine) {
    wiped = machine.id();
    world.marks().hit("disk wiped");
    machine.wipe();
  }

  private Stream<Machine> machines() {
    return world.machines().values().stream();
  }

  /// Whether it has many voters, if any, and nothing is about to change that.
  private static boolean isPlain(Membership present) {
    return present.voters().isEmpty()
        || (!present.isJoint()
            && present.voters().size() >= VOTERS_NEEDED
            && present.details().values().stream().allMatch(member -> member.replaces() == 0));
  }

  /// Whether the cluster has given back what was on the lost disk.
  private boolean isRestored() {
    Machine machine = world.machine(wiped);
    Membership members = members();
    return machine.takesPart()
        && (!members.isMember(wiped)
            || (members.member(wiped).incarnation() == machine.incarnation()
                && machine
                    .disk()
                    .log()
                    .map(log -> log.safe().lastIndex() >= world.watch().committed().lastIndex())
                    .orElse(false)));
  }
}
