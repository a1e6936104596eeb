package dengine.testkit.simulation;

import dengine.raft.Membership;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// One run: a cluster of real nodes under everything that networks, disks, clocks and processes can
/// do to it, from one seed.
///
/// Trouble comes first. Then a random majority is healed while the rest stays as broken as it is
/// for ever, and must make progress. Then all are healed, must come to agree, and must show every
/// acknowledged write, once more after all of them lost power at once.
final class Simulation {

  /// What a run was.
  ///
  /// @param items how many things happened
  /// @param nanos simulated time
  /// @param decided whether the history was judged to its end
  /// @param trace digest of everything that happened
  /// @param marks how often which rare things happened
  record Outcome(
      long seed,
      int nodes,
      long items,
      long nanos,
      int elections,
      long answered,
      long unknown,
      long looks,
      boolean decided,
      long trace,
      Map<String, Long> marks) {}

  private static final int PATIENCE_TIMEOUTS = 200;

  private final Plan plan;
  private final Agenda agenda = new Agenda();
  private final RandomGenerator random;
  private final Knobs knobs;
  private final Watch watch;
  private final Network network;
  private final Marks marks = new Marks();
  private final World world;
  private final Subject.Load load;
  private final Operators operators;
  private final Faults faults;
  private boolean healing;

  Simulation(Plan plan, Subject subject) {
    this.plan = plan;
    this.random = new Random(plan.seed());
    this.knobs = Knobs.random(random, plan);
    this.watch = new Watch(random, marks);
    if (!plan.looksAtDisks()) {
      watch.ignoreDisks();
    }
    this.network = new Network(agenda, random, knobs);
    this.world = new World(plan, knobs, agenda, random, marks, watch, network, new TreeMap<>());
    this.load = subject.begin(world);
    for (int id = 1; id <= knobs.machines(); id++) {
      world.machines().put(id, new Machine(world, load, id));
    }
    this.operators = new Operators(world);
    this.faults = new Faults(world, load, operators);
    agenda.afterEach(() -> world.machines().values().forEach(watch::sees));
    askForLoad();
  }

  /// As an operator would, over and over; not while the cluster has to come to itself, which must
  /// not need anybody to ask.
  private void askForLoad() {
    if (!healing) {
      machines().forEach(machine -> machine.askStatus(watch::bounds));
      agenda.in(knobs.electionTimeout() / 2, this::askForLoad);
    }
  }

  Knobs knobs() {
    return knobs;
  }

  /// Runs to the end.
  ///
  /// @throws Violation if something happened that never may, or the cluster does not recover
  Outcome run() {
    machines().forEach(Machine::start);
    load.begin();
    faults.begin();
    agenda.runUntil(plan.horizon() * knobs.electionTimeout());
    faults.end();
    // What operators asked for a moment ago is decided before anybody is given up for good.
    agenda.runUntil(agenda.now() + knobs.electionTimeout());
    healing = true;
    healMajority();
    awaitService("after a majority was healed");
    healAll();
    awaitService("after all were healed");
    agenda.runUntil(agenda.now() + 2 * knobs.electionTimeout());
    // In the middle of the clients' work, so that there is something to lose.
    machines().forEach(Machine::losePower);
    machines().forEach(Machine::start);
    load.end();
    awaitService("after all had lost power together");
    awaitAgreement();
    awaitShortLogs();
    load.judge();
    return new Outcome(
        plan.seed(),
        knobs.machines(),
        agenda.done(),
        agenda.now(),
        watch.elections(),
        load.answered(),
        load.unknown(),
        watch.looks(),
        load.isDecided(),
        watch.trace(),
        marks.counts());
  }

  private List<Machine> machines() {
    return List.copyOf(world.machines().values());
  }

  /// Only so many that they can go on are healed; the others stay cut off, dead or paused, and what
  /// they still send arrives, or what is sent to them.
  private void healMajority() {
    network.heal();
    network.use(knobs.healed());
    List<Machine> shuffled = new ArrayList<>(machines());
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    List<Membership> all = new ArrayList<>(List.of(watch.configurations().last()));
    machines().forEach(machine -> all.add(machine.membership()));
    all.removeIf(membership -> membership.voters().isEmpty());
    // Who founds a cluster needs everybody.
    boolean founded =
        machines().stream()
            .filter(machine -> all.stream().anyMatch(it -> it.isMember(machine.id())))
            .allMatch(Machine::takesPart);
    List<Integer> broken = new ArrayList<>();
    for (Machine machine : shuffled) {
      broken.add(machine.id());
      if (founded && isDispensable(machine, broken, all)) {
        boolean deaf = random.nextBoolean();
        for (int other : world.ids()) {
          network.cut(deaf ? other : machine.id(), deaf ? machine.id() : other);
        }
      } else {
        broken.removeLast();
        heal(machine);
      }
    }
  }

  /// Whether the cluster goes on without a machine and those that are broken already, whichever of
  /// the configurations counts. A learner that breaks just when it is promoted takes the cluster
  /// with it, and so does a majority one of which has lost its disk.
  private boolean isDispensable(Machine machine, List<Integer> broken, List<Membership> all) {
    List<Integer> without = new ArrayList<>(broken);
    if (operators.wiped() != 0) {
      without.add(operators.wiped());
    }
    return all.stream()
        .allMatch(
            it ->
                !it.learners().contains(machine.id())
                    && hasMajority(it.voters(), without)
                    && (it.outgoing().isEmpty() || hasMajority(it.outgoing(), without)));
  }

  private static boolean hasMajority(List<Integer> voters, List<Integer> without) {
    return 2 * voters.stream().filter(id -> !without.contains(id)).count() > voters.size();
  }

  private void healAll() {
    network.heal();
    machines().forEach(this::heal);
  }

  private void heal(Machine machine) {
    load.heal();
    machine.use(knobs.healed());
    machine.goOn();
    machine.start();
  }

  private void awaitService(String when) {
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    while (!load.isServed()) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("the cluster does not serve " + when + ": " + machines());
      }
    }
  }

  private void awaitAgreement() {
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    while (!agree()) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("the nodes do not come to agree: " + machines());
      }
    }
  }

  /// What is older than the newest snapshot and what is kept beside it is gone, or goes with the
  /// next one, once nobody is behind any more. Whoever was interrupted needs one more snapshot for
  /// that, so there is something to do meanwhile.
  private void awaitShortLogs() {
    long often = knobs.snapshots().policy().maxEntries();
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    while (often != Long.MAX_VALUE && load.takesSnapshots() && !areShort(often)) {
      boolean _ = load.isServed();
      if (agenda.now() > end) {
        throw new Violation("logs are not compacted: " + machines());
      }
    }
  }

  private boolean areShort(long often) {
    long before = often + knobs.snapshots().retainedLogEntries();
    return watch.configurations().last().members().stream()
        .allMatch(id -> world.machine(id).disk().isBounded(often, before));
  }

  /// Those who are members in the end have applied the same.
  private boolean agree() {
    Membership members = watch.configurations().last();
    long position = -1;
    for (int id : members.members()) {
      Subject.Life life = world.machine(id).life();
      long own = life == null ? -2 : life.position();
      if (position != -1 && own != position) {
        return false;
      }
      position = own;
    }
    return position >= 0 && !members.isJoint();
  }
}
