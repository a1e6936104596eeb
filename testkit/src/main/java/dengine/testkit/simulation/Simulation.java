package dengine.testkit.simulation;

import dengine.embedded.EmbeddedEngine;
import dengine.testkit.linearizability.LinearizabilityChecker;
import dengine.testkit.linearizability.RevisionOrderChecker;
import dengine.testkit.linearizability.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// One run: a cluster of real engines under everything that networks, disks, clocks and processes
/// can do to it, from one seed.
///
/// Trouble comes first. Then a random majority is healed while the rest stays as broken as it is
/// for ever, and must make progress. Then all are healed, must come to agree, and must show every
/// acknowledged write, once more after all of them lost power at once.
final class Simulation {

  /// What a run was.
  ///
  /// @param items how many things happened
  /// @param nanos simulated time
  /// @param decided whether the search for a linearization came to an end; otherwise the order of
  ///     revisions alone speaks for the history
  /// @param trace digest of everything that happened
  record Outcome(
      long seed,
      long items,
      long nanos,
      int elections,
      long answered,
      long unknown,
      long looks,
      boolean decided,
      long trace) {}

  private static final int TROUBLE_TIMEOUTS = 40;
  private static final int PATIENCE_TIMEOUTS = 200;
  /// So long that the number of configurations decides, not the machine.
  private static final Duration CHECK_TIME = Duration.ofMinutes(5);
  private static final long MAX_CONFIGURATIONS = 2_000_000;

  private final long seed;
  private final Agenda agenda = new Agenda();
  private final RandomGenerator random;
  private final PlantedBug bug;
  private final Knobs knobs;
  private final Watch watch;
  private final Network network;
  private final Clients clients;
  private final Map<Integer, Machine> machines = new TreeMap<>();
  private boolean trouble = true;
  private boolean decided;

  Simulation(long seed, PlantedBug bug) {
    this.seed = seed;
    this.bug = bug;
    this.random = new Random(seed);
    this.knobs = Knobs.random(random);
    this.watch = new Watch(random);
    this.network = new Network(agenda, random, knobs);
    Machine.World world = new Machine.World(agenda, random, network, watch, bug::around, bug);
    for (int id = 1; id <= knobs.nodes(); id++) {
      machines.put(id, new Machine(world, id, knobs));
    }
    this.clients = new Clients(agenda, random, machines, knobs);
    agenda.afterEach(() -> machines.values().forEach(watch::sees));
  }

  Knobs knobs() {
    return knobs;
  }

  /// Looks only at what clients and states show, not at what must be on disk first.
  Simulation ignoringDisks() {
    watch.ignoreDisks();
    return this;
  }

  /// Runs to the end.
  ///
  /// @throws Violation if something happened that never may, or the cluster does not recover
  Outcome run() {
    machines.values().forEach(Machine::start);
    clients.start();
    disturb();
    agenda.runUntil(TROUBLE_TIMEOUTS * knobs.electionTimeout());
    trouble = false;
    healMajority();
    awaitService("after a majority was healed");
    healAll();
    awaitService("after all were healed");
    // In the middle of the clients' work, so that there is something to lose.
    machines.values().forEach(Machine::losePower);
    machines.values().forEach(Machine::start);
    clients.stop();
    awaitService("after all had lost power together");
    awaitAgreement();
    judge();
    return new Outcome(
        seed,
        agenda.done(),
        agenda.now(),
        watch.elections(),
        clients.answered(),
        clients.unknown(),
        watch.looks(),
        decided,
        watch.trace());
  }

  private void judge() {
    Verdict order = RevisionOrderChecker.check(clients.history());
    if (!order.valid()) {
      throw new Violation("order of revisions: " + order);
    }
    Verdict search =
        new LinearizabilityChecker(CHECK_TIME, MAX_CONFIGURATIONS).check(clients.history());
    if (search instanceof Verdict.Violation) {
      throw new Violation("linearizability: " + search);
    }
    decided = search.valid();
  }

  // What goes wrong

  private void disturb() {
    agenda.in(
        1 + random.nextLong(2 * knobs.faultEvery()),
        () -> {
          if (trouble) {
            fault(random.nextBoolean() ? someLeader() : anyone());
            disturb();
          }
        });
  }

  private void fault(Machine machine) {
    long timeout = knobs.electionTimeout();
    switch (random.nextInt(18)) {
      case 0, 1 -> restart(machine);
      case 2 -> machines.values().forEach(this::restart);
      case 3 -> machine.pause(random.nextLong(3 * timeout));
      case 4 -> {
        // As when a virtual machine is moved: when it goes on, it has heard of nothing.
        network.isolate(machine.id(), ids());
        machine.pause(random.nextLong(6 * timeout));
      }
      case 5 -> machine.stallDisk(random.nextLong(8 * timeout));
      case 6 -> network.split(ids());
      case 7 -> network.tatter(ids());
      case 8 -> network.isolate(machine.id(), ids());
      case 9 -> ids().forEach(other -> network.cut(machine.id(), other));
      case 10 -> ids().forEach(other -> network.cut(other, machine.id()));
      case 11, 12 -> machine.crashAtDisk(random.nextInt(8));
      case 13 -> failDisk(machine);
      case 14 -> network.reset(machine.id(), anyone().id());
      case 15 -> network.clog(machine.id(), anyone().id(), random.nextLong(4 * timeout));
      case 16 -> machine.jumpClock(random.nextLong(-3_600_000, 3_600_000));
      default -> network.heal();
    }
    if (random.nextBoolean()) {
      agenda.in(random.nextLong(5 * timeout), network::heal);
    }
    startLater(machine);
  }

  private void failDisk(Machine machine) {
    String how = random.nextBoolean() ? "Input/output error" : "No space left on device";
    machine.failDisk(random.nextInt(8), how);
  }

  private void restart(Machine machine) {
    machine.crash();
    startLater(machine);
  }

  /// Whatever happened to the machine, some time later it is up; its disk works again.
  private void startLater(Machine machine) {
    agenda.in(
        1 + random.nextLong(4 * knobs.electionTimeout()),
        () -> {
          if (trouble && !machine.isUp()) {
            bug.beforeRestart(machine, random);
            machine.start();
          }
        });
  }

  private Machine someLeader() {
    List<Machine> leaders = new ArrayList<>();
    for (Machine machine : machines.values()) {
      EmbeddedEngine engine = machine.engine();
      if (engine != null && engine.isLeader()) {
        leaders.add(machine);
      }
    }
    return leaders.isEmpty() ? anyone() : leaders.get(random.nextInt(leaders.size()));
  }

  private Machine anyone() {
    return machine(1 + random.nextInt(machines.size()));
  }

  private Machine machine(int id) {
    Machine machine = machines.get(id);
    if (machine == null) {
      throw new IllegalArgumentException("no machine " + id);
    }
    return machine;
  }

  private List<Integer> ids() {
    return List.copyOf(machines.keySet());
  }

  // What must be well afterwards

  /// Only so many that they can go on are healed; the others stay cut off, dead or paused, and what
  /// they still send arrives.
  private void healMajority() {
    network.heal();
    network.use(knobs.healed());
    List<Integer> shuffled = new ArrayList<>(ids());
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    int majority = machines.size() / 2 + 1;
    for (int i = 0; i < shuffled.size(); i++) {
      Machine machine = machine(shuffled.get(i));
      if (i < majority) {
        heal(machine);
      } else {
        // Deaf for ever, or mute for ever.
        boolean deaf = random.nextBoolean();
        for (int other : ids()) {
          network.cut(deaf ? other : machine.id(), deaf ? machine.id() : other);
        }
      }
    }
  }

  private void healAll() {
    network.heal();
    machines.values().forEach(this::heal);
  }

  private void heal(Machine machine) {
    machine.use(knobs.healed());
    machine.goOn();
    machine.start();
  }

  private void awaitService(String when) {
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    while (!clients.readEverything()) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("the cluster does not serve " + when);
      }
    }
  }

  private void awaitAgreement() {
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    while (!agree()) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("the nodes do not come to agree");
      }
    }
  }

  private boolean agree() {
    long revision = -1;
    for (Machine machine : machines.values()) {
      EmbeddedEngine engine = machine.engine();
      long own = engine == null ? -2 : engine.store().revision();
      if (revision != -1 && own != revision) {
        return false;
      }
      revision = own;
    }
    return revision >= 0;
  }
}
