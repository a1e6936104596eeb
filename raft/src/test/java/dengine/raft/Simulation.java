package dengine.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// A cluster of cores under everything that networks, disks, clocks and processes can do to it,
/// from one seed. After some time of trouble a majority is healed and must make progress, then all
/// are healed and must come to agree. A [Ledger] and the [Clients] say when something happened that
/// never may.
final class Simulation {

  private static final long TIMEOUT = Knobs.ELECTION_TIMEOUT.toNanos();
  private static final long TROUBLE = 25 * TIMEOUT;
  private static final long PATIENCE = 60 * TIMEOUT;

  /// Every so many seeds state machines change by themselves.
  private static final int WITH_DEADLINES = 4;

  private final Agenda agenda = new Agenda();
  private final RandomGenerator random;
  private final Knobs knobs;
  private final PlantedBug bug;
  private final Ledger ledger;
  private final Coverage coverage = new Coverage();
  private final Clients clients;
  private final SimulatedNetwork network;
  private final Map<Integer, SimulatedHost> hosts = new TreeMap<>();

  /// Who has lost its disk, and has not yet been given back what was on it; 0 for nobody. One at a
  /// time: a majority that loses its disks loses data.
  private int wiped;

  private boolean trouble = true;

  Simulation(long seed, PlantedBug bug) {
    this.random = new Random(seed);
    this.bug = bug;
    this.knobs = Knobs.random(random);
    this.ledger = new Ledger(knobs.membership());
    this.clients = new Clients(ledger, coverage);
    this.network = new SimulatedNetwork(agenda, random, knobs, this::arrive);
    // Whoever has a lease must know of every write the moment it is acknowledged, and so whenever
    // his own state changes: as if somebody read all the time.
    clients.afterAcknowledgement(() -> hosts.values().forEach(SimulatedHost::readByLease));
    if (bug == PlantedBug.NONE) {
      ledger.compareTime(new PassedTime(agenda::now, knobs.drift()));
    }
    if (bug != PlantedBug.NONE && !bug.isFoundByPromises()) {
      ledger.ignorePromises();
    }
    List<Integer> ids = new ArrayList<>(knobs.membership().members());
    for (int i = 0; i < knobs.spares(); i++) {
      ids.add(knobs.membership().members().getLast() + 1 + i);
    }
    for (int id : ids) {
      SimulatedNode node = new SimulatedNode(id, knobs.membership(), knobs.options(), ledger);
      if (knobs.tellsDisksApart() || !knobs.membership().isMember(id)) {
        node.incarnate(incarnation());
      }
      SimulatedHost host =
          new SimulatedHost(agenda, random, node, network, clients, bug, coverage, knobs);
      host.whenCandidate(() -> hideElection(host));
      host.tellsWhatIsDue = seed % WITH_DEADLINES == 0;
      hosts.put(id, host);
    }
  }

  private long incarnation() {
    return 1 + random.nextLong(1 << 20);
  }

  Coverage coverage() {
    return coverage;
  }

  /// Runs to the end.
  ///
  /// @throws Ledger.Violation if a property of Raft does not hold
  /// @throws Ledger.Stuck if the cluster does not recover
  void run() {
    hosts.values().forEach(SimulatedHost::start);
    work();
    disturb();
    agenda.runUntil(TROUBLE);
    trouble = false;
    healMajority();
    awaitProgress();
    healAll();
    awaitProgress();
    awaitAgreement();
  }

  private void arrive(int from, int to, Message message) {
    hosts.get(to).receive(from, message);
  }

  // What users do

  private void work() {
    agenda.in(
        1 + random.nextLong(4 * Knobs.MILLI),
        () -> {
          if (trouble) {
            request(pick());
            work();
          }
        });
  }

  private void request(SimulatedHost any) {
    // Mostly whoever leads or believes to.
    SimulatedHost host = random.nextInt(8) == 0 ? any : someLeader(any);
    switch (random.nextInt(13)) {
      case 0, 1, 2, 3 -> host.on(proposals());
      case 8 -> {
        if (knobs.takesSnapshots() && any.isUp()) {
          any.takeSnapshot();
        }
      }
      case 9 -> {
        if (knobs.changesMembers() && random.nextInt(3) == 0) {
          host.on(
              new Event.MembershipAsked(
                  clients.change(), RandomChange.of(random, () -> pick().node(), wiped != 0)));
        }
      }
      case 4, 5, 6 ->
          host.on(
              new Event.ReadAsked(
                  IntStream.rangeClosed(0, random.nextInt(3))
                      .<Ticket>mapToObj(i -> clients.read())
                      .toList()));
      case 7 -> {
        if (random.nextInt(10) == 0) {
          int to = random.nextInt(hosts.size() + 1);
          host.on(new Event.TransferAsked(clients.transfer(), to));
        }
      }
      default -> {} // reads by lease happen all the time, see below
    }
  }

  private Event.Proposed proposals() {
    return new Event.Proposed(
        IntStream.rangeClosed(0, random.nextInt(4))
            .mapToObj(i -> new Event.Proposal(clients.write(), new byte[random.nextInt(100)]))
            .toList());
  }

  private SimulatedHost someLeader(SimulatedHost otherwise) {
    List<SimulatedHost> leaders = hosts.values().stream().filter(SimulatedHost::isLeader).toList();
    return leaders.isEmpty() ? otherwise : leaders.get(random.nextInt(leaders.size()));
  }

  private SimulatedHost pick() {
    return hosts.get(ids().get(random.nextInt(hosts.size())));
  }

  private List<Integer> ids() {
    return List.copyOf(hosts.keySet());
  }

  // What goes wrong

  private void disturb() {
    agenda.in(
        1 + random.nextLong(2 * knobs.faultEvery()),
        () -> {
          if (trouble) {
            fault(random.nextBoolean() ? someLeader(pick()) : pick());
            disturb();
          }
        });
  }

  private void fault(SimulatedHost host) {
    int id = host.node().id();
    switch (random.nextInt(18)) {
      case 16 -> wipe(host);
      case 0, 1 -> restart(host);
      case 2 -> hosts.values().forEach(this::restart);
      case 3, 4 -> host.pause(random.nextLong(3 * TIMEOUT));
      case 5 -> host.stallDisk(random.nextLong(8 * TIMEOUT));
      case 6 -> network.split(ids());
      case 7 -> network.tatter(ids());
      case 8 -> isolate(host);
      case 9 -> ids().forEach(other -> network.cut(id, other));
      case 10 -> ids().forEach(other -> network.cut(other, id));
      case 11 -> {
        host.failDisk();
        startLater(host);
      }
      case 12 -> ids().forEach(other -> host.on(new Event.Unreachable(other)));
      case 13, 14 -> {
        // Whoever hands over may be the last to hear of its successor.
        host.on(new Event.TransferAsked(clients.transfer(), random.nextInt(hosts.size() + 1)));
        agenda.in(random.nextLong(5 * Knobs.MILLI), () -> isolate(host));
      }
      case 15 -> {
        // One node misses its leader, whom all others hear.
        network.cut(someLeader(pick()).node().id(), id);
      }
      default -> network.heal();
    }
    if (random.nextBoolean()) {
      agenda.in(random.nextLong(5 * TIMEOUT), network::heal);
    }
  }

  /// Two leaders at a time are possible when the old one hears of the election last.
  private void hideElection(SimulatedHost candidate) {
    if (trouble && random.nextInt(3) == 0) {
      hosts.values().stream()
          .filter(host -> host != candidate && host.isLeader())
          .forEach(this::isolate);
      agenda.in(random.nextLong(2 * TIMEOUT), network::heal);
    }
  }

  private void isolate(SimulatedHost host) {
    int id = host.node().id();
    for (int other : trouble ? ids() : List.<Integer>of()) {
      network.cut(id, other);
      network.cut(other, id);
    }
  }

  /// The node comes back with another disk.
  private void wipe(SimulatedHost host) {
    SimulatedNode node = host.node();
    Membership members = ledger.membership();
    if (wiped != 0 && isRestored(hosts.get(wiped).node())) {
      wiped = 0;
    }
    boolean bearable =
        knobs.tellsDisksApart()
            && wiped == 0
            && members.voters().size() >= 3
            && hosts.values().stream().allMatch(h -> isPlain(h.node()))
            && isNoChangeWaiting()
            && node.mayTakePart();
    if (bearable) {
      coverage.count("disk wiped");
      wiped = node.id();
      host.crash();
      node.wipe(bug.keepsTheIncarnationOfALostDisk() ? node.incarnation() : incarnation());
      startLater(host);
    }
  }

  /// Whoever gives a vote away before anybody can know that a node or disk is gone needs that one.
  private boolean isNoChangeWaiting() {
    return hosts.values().stream()
        .noneMatch(h -> h.inbox.stream().anyMatch(e -> e instanceof Event.MembershipAsked));
  }

  /// Whether the node goes by a configuration that has many voters, if it goes by any.
  private static boolean isPlain(SimulatedNode node) {
    Membership present = node.present();
    return present.voters().isEmpty() || (!present.isJoint() && present.voters().size() >= 3);
  }

  /// Whether the cluster has given a node back all that was on its lost disk.
  private boolean isRestored(SimulatedNode node) {
    Membership members = ledger.membership();
    boolean known =
        !members.isMember(node.id())
            || members.member(node.id()).incarnation() == node.incarnation();
    return known
        && node.mayTakePart()
        && (!members.isMember(node.id()) || node.disk().durable().holds(lastCommitted()));
  }

  private Position lastCommitted() {
    return ledger.committed().isEmpty() ? Position.ORIGIN : ledger.committed().getLast().position();
  }

  private void restart(SimulatedHost host) {
    host.crash();
    startLater(host);
  }

  private void startLater(SimulatedHost host) {
    agenda.in(
        random.nextLong(random.nextBoolean() ? TIMEOUT / 10 : 5 * TIMEOUT),
        () -> {
          if (trouble) {
            host.start();
          }
        });
  }

  // What must be fine in the end

  /// A majority of every half is healed; the others are down or stay cut off.
  private void healMajority() {
    network.heal();
    network.use(knobs.healed());
    List<Integer> broken = new ArrayList<>();
    // Who founds a cluster needs everybody, and who lost its disk counts for nothing yet.
    boolean founded = hosts.values().stream().allMatch(h -> h.node().mayTakePart());
    boolean mayBreak = founded && isNoChangeWaiting();
    for (SimulatedHost host : hosts.values()) {
      int id = host.node().id();
      List<Integer> without = new ArrayList<>(broken);
      without.add(id);
      if (wiped != 0) {
        without.add(wiped);
      }
      if (mayBreak && random.nextBoolean() && isNoLearner(id) && hasQuorumWithout(without)) {
        broken.add(id);
        breakForGood(host);
      } else {
        host.use(knobs.healed());
        host.start();
      }
    }
  }

  /// A learner that breaks just when it is promoted takes the cluster with it.
  private boolean isNoLearner(int id) {
    return hosts.values().stream().noneMatch(host -> host.node().present().learners().contains(id));
  }

  private void breakForGood(SimulatedHost host) {
    int id = host.node().id();
    switch (random.nextInt(4)) {
      case 0 -> host.crash();
      case 1 -> ids().forEach(other -> network.cut(id, other));
      case 2 -> ids().forEach(other -> network.cut(other, id));
      default -> host.stallDisk(PATIENCE);
    }
  }

  private boolean hasQuorumWithout(List<Integer> broken) {
    List<Membership> all = new ArrayList<>(List.of(ledger.membership()));
    hosts.values().forEach(host -> all.add(host.node().present()));
    return all.stream()
        .filter(membership -> !membership.voters().isEmpty())
        .allMatch(
            membership ->
                Quorum.won(
                    membership,
                    id -> broken.contains(id) ? Votes.Answer.DENIED : Votes.Answer.GRANTED));
  }

  private void healAll() {
    network.heal();
    for (SimulatedHost host : hosts.values()) {
      host.use(knobs.healed());
      host.start();
    }
  }

  private void awaitProgress() {
    int before = clients.writes();
    long end = agenda.now() + PATIENCE;
    while (clients.writes() < before + 3) {
      if (agenda.now() >= end) {
        throw new Ledger.Stuck("no progress since the cluster was healed");
      }
      agenda.runUntil(agenda.now() + TIMEOUT / 2);
      SimulatedHost leader = someLeader(pick());
      leader.on(proposals());
    }
  }

  private void awaitAgreement() {
    long end = agenda.now() + PATIENCE;
    while (!agree()) {
      if (agenda.now() >= end) {
        throw new Ledger.Stuck("no agreement after the cluster was healed");
      }
      agenda.runUntil(agenda.now() + TIMEOUT);
    }
  }

  private boolean agree() {
    Membership members = ledger.membership();
    return !members.isJoint()
        && members.members().stream()
            .map(id -> hosts.get(id).node())
            .allMatch(
                node ->
                    node.applied().equals(ledger.committed())
                        && node.disk().durable().entries().equals(ledger.committed()));
  }

  String describe() {
    StringBuilder text = new StringBuilder();
    text.append("committed ").append(ledger.committed().size()).append(", ").append(knobs);
    hosts.values().forEach(h -> text.append("\n  ").append(h.node()));
    return text.toString();
  }
}
