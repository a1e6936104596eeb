package dengine.testkit.simulation;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/// What goes wrong now and then while there is trouble. Each fault has randomness of its own, so
/// that one that is left out changes nothing about the next.
final class Faults {

  private static final List<Trouble> KINDS =
      Arrays.stream(Trouble.values()).filter(kind -> !kind.isStanding()).toList();

  private static final List<Trouble> ASKED = KINDS.stream().filter(Trouble::isAskedFor).toList();

  private final World world;
  private final Subject.Load load;
  private final Knobs knobs;
  private final Agenda agenda;
  private final Network network;
  private final Operators operators;
  private boolean over;
  private long number;

  Faults(World world, Subject.Load load, Operators operators) {
    this.world = world;
    this.load = load;
    this.knobs = world.knobs();
    this.agenda = world.agenda();
    this.network = world.network();
    this.operators = operators;
  }

  void begin() {
    number++;
    Random random = new Random(world.plan().seed() * 1_000_003 + number);
    agenda.in(
        1 + random.nextLong(2 * knobs.faultEvery()),
        () -> {
          if (!over) {
            boolean asked = knobs.changes() && random.nextInt(3) == 0;
            List<Trouble> kinds = asked ? ASKED : KINDS;
            Trouble kind = kinds.get(random.nextInt(kinds.size()));
            if (world.plan().has(kind)) {
              world.marks().hit(kind.name());
              happens(
                  kind, random.nextBoolean() ? world.someLeader(random) : anyone(random), random);
            }
            begin();
          }
        });
  }

  void end() {
    over = true;
    operators.end();
  }

  private void happens(Trouble kind, Machine machine, RandomGenerator random) {
    long timeout = knobs.electionTimeout();
    List<Integer> ids = world.ids();
    int id = machine.id();
    switch (kind) {
      case RESTART -> machine.crash();
      case RESTART_ALL -> crashAll(random);
      case STOP_GRACEFULLY -> machine.stop();
      case HAND_OVER -> handOver(machine, random.nextInt(4) == 0 ? 0 : anyone(random).id());
      case PAUSE -> machine.pause(random.nextLong(3 * timeout));
      case MOVE_MACHINE -> {
        // As when a virtual machine is moved: when it goes on, it has heard of nothing.
        network.isolate(id, ids);
        machine.pause(random.nextLong(6 * timeout));
      }
      case STALL_DISK -> machine.stallDisk(random.nextLong(8 * timeout));
      case CRASH_AT_DISK -> machine.disk().crashAt(random.nextInt(8));
      case CRASH_AT_WORD -> crashAtWord(machine, random);
      case FAIL_DISK -> failDisk(machine, random);
      case DAMAGE_DISK -> {
        machine.crash();
        machine.disk().damage();
      }
      case SPLIT -> network.split(ids);
      case TATTER -> network.tatter(ids);
      case ISOLATE -> network.isolate(id, ids);
      case MUTE -> ids.forEach(other -> network.cut(id, other));
      case DEAF -> ids.forEach(other -> network.cut(other, id));
      case RESET -> network.reset(id, anyone(random).id());
      case CLOG -> network.clog(id, anyone(random).id(), random.nextLong(4 * timeout));
      case LATE_ANSWERS -> lateAnswers(id, random);
      case JUMP_CLOCK -> machine.jumpClock(random.nextLong(-3_600_000, 3_600_000));
      case CUT_CLIENTS -> load.cut(machine, random.nextLong(30 * timeout));
      case RESET_CLIENTS -> load.reset(machine);
      case HEAL -> network.heal();
      case FULL_DISK -> machine.disk().fill(random.nextLong(6 * timeout));
      case ROT_SNAPSHOT -> machine.disk().rot();
      case WIPE_DISK -> {
        if (operators.mayWipe(machine)) {
          operators.wipe(machine);
        }
      }
      default -> operators.ask(kind, machine, random);
    }
    if (random.nextBoolean()) {
      agenda.in(random.nextLong(5 * timeout), network::heal);
    }
    startLater(machine, random);
  }

  private void crashAll(RandomGenerator random) {
    for (Machine machine : world.machines().values()) {
      machine.crash();
      startLater(machine, random);
    }
  }

  private void handOver(Machine from, int to) {
    Subject.Life life = from.life();
    NodeProcess process = from.process();
    if (life != null && process != null) {
      from.run(
          process,
          () -> {
            var done = life.node().transferLeadership(to);
            var _ = done.thenRun(() -> world.marks().hit("handed over"));
          });
    }
  }

  /// What a node hears is old, and then nobody hears it any more: old news must not make it believe
  /// that it is still followed.
  private void lateAnswers(int id, RandomGenerator random) {
    long timeout = knobs.electionTimeout();
    long late = timeout / 2 + random.nextLong(2 * timeout);
    for (int other : world.ids()) {
      network.slow(other, id, late, 5 * timeout);
      agenda.in(
          random.nextLong(timeout),
          () -> {
            if (!over) {
              network.cut(id, other);
            }
          });
    }
  }

  private static void crashAtWord(Machine machine, RandomGenerator random) {
    NodeProcess process = machine.process();
    if (process != null) {
      process.dieAtWord(random.nextInt(20));
    }
  }

  private static void failDisk(Machine machine, RandomGenerator random) {
    String how = random.nextBoolean() ? "Input/output error" : "No space left on device";
    machine.disk().failAt(random.nextInt(8), how);
  }

  /// Whatever happened to the machine, some time later it is up; its disk works again.
  private void startLater(Machine machine, RandomGenerator random) {
    agenda.in(
        1 + random.nextLong(4 * knobs.electionTimeout()),
        () -> {
          if (!over && !machine.isUp()) {
            world.plan().bug().beforeRestart(machine, random);
            machine.start();
          }
        });
  }

  private Machine anyone(RandomGenerator random) {
    return world.anyone(random);
  }
}
