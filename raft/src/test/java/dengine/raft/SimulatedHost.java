package dengine.raft;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// The surroundings of one node in the [Simulation]: its clock, disk, state machine and process,
/// all of them slow and unreliable. Carries out effects, each in its own time.
final class SimulatedHost {

  /// Prints everything that happens.
  private static final boolean TRACE = Boolean.getBoolean("trace");

  private record Waiting(Ticket ticket, long index) {}

  private final Agenda agenda;
  private final RandomGenerator random;
  private final SimulatedNode node;
  private final SimulatedNetwork network;
  private final Clients clients;
  private final PlantedBug bug;
  private final Coverage coverage;
  private final SnapshotTraffic snapshots;
  private final Map<Long, Position> accepted = new TreeMap<>();

  /// What arrived while the process stood still, and after that until it has caught up.
  final ArrayDeque<Event> inbox = new ArrayDeque<>();

  /// Whether its state machine changes by itself some time after each batch.
  boolean tellsWhatIsDue;

  private Runnable whenCandidate = () -> {};
  private Knobs knobs;
  private double rate;
  private long clockBase;
  private long startedAt;
  private int life;
  private long pausedUntil;
  private long diskFreeAt;
  private long applyFreeAt;
  private long tickPlannedFor;
  private long publishedLease = Long.MIN_VALUE;

  SimulatedHost(
      Agenda agenda,
      RandomGenerator random,
      SimulatedNode node,
      SimulatedNetwork network,
      Clients clients,
      PlantedBug bug,
      Coverage coverage,
      Knobs knobs) {
    this.agenda = agenda;
    this.random = random;
    this.node = node;
    this.network = network;
    this.clients = clients;
    this.bug = bug;
    this.coverage = coverage;
    this.knobs = knobs;
    this.snapshots = new SnapshotTraffic(this, random, network, bug);
  }

  SimulatedNode node() {
    return node;
  }

  void whenCandidate(Runnable action) {
    whenCandidate = action;
  }

  boolean isUp() {
    return node.isUp();
  }

  void use(Knobs next) {
    knobs = next;
    diskFreeAt = 0;
    if (isUp() && !node.disk().unsynced().isEmpty()) {
      syncLater(life, node.disk().unsynced().getLast());
    }
  }

  /// The node's own monotonic clock, which begins anywhere with each start and has its own speed.
  long clock() {
    return clockBase + (long) ((agenda.now() - startedAt) * rate);
  }

  void start() {
    if (isUp()) {
      return;
    }
    life++;
    rate = bug.clockRate(node.id(), 1 + random.nextDouble(knobs.drift() + 1e-9));
    clockBase = random.nextLong(1L << 40);
    startedAt = agenda.now();
    tickPlannedFor = 0;
    node.start(random, clock());
    planTick();
  }

  void crash() {
    if (!isUp()) {
      return;
    }
    coverage.count("crash");
    if (!node.disk().unsynced().isEmpty()) {
      coverage.count("crash with unsynced writes");
    }
    node.crash();
    bug.crashed(node);
    accepted.clear();
    inbox.clear();
    pausedUntil = 0;
    publishedLease = Long.MIN_VALUE;
    life++;
  }

  /// The process stands still; what arrives waits.
  void pause(long duration) {
    if (isUp() && !isPaused()) {
      pausedUntil = agenda.now() + duration;
      coverage.count("pause");
      int then = life;
      agenda.at(pausedUntil, () -> catchUp(then));
    }
  }

  /// Takes one thing after the other, while clients go on asking.
  private void catchUp(int then) {
    if (life == then) {
      pausedUntil = 0;
      Event next = inbox.poll();
      if (next != null) {
        take(next);
        agenda.in(1 + random.nextLong(Knobs.MILLI), () -> catchUp(then));
      }
    }
  }

  private boolean isPaused() {
    return agenda.now() < pausedUntil;
  }

  void stallDisk(long duration) {
    diskFreeAt = Math.max(diskFreeAt, agenda.now() + duration);
  }

  void failDisk() {
    if (isUp()) {
      node.expectToFail();
      on(new Event.StorageFailed(new IllegalStateException("simulated")));
      crash();
    }
  }

  void receive(int from, Message message) {
    if (isUp()) {
      on(new Event.Received(from, message));
    }
  }

  void on(Event event) {
    if (!isUp()) {
      return;
    }
    boolean fromNetwork = event instanceof Event.Received;
    // What the state machine reports keeps its order, whatever overtakes it.
    boolean overtakes = isOfStateMachine(event) && inbox.stream().anyMatch(this::isOfStateMachine);
    if (isPaused() || (fromNetwork && !inbox.isEmpty()) || overtakes) {
      inbox.add(event);
    } else {
      take(event);
    }
  }

  private boolean isOfStateMachine(Event event) {
    return event instanceof Event.Applied || event instanceof Event.Installed;
  }

  private void take(Event event) {
    if (event instanceof Event.Received(int from, Message message)) {
      for (Message heard : bug.received(this, from, message)) {
        if (isUp()) {
          tell(new Event.Received(from, heard));
        }
      }
      for (int other : bug.saidByOthers(this, from, message)) {
        tell(new Event.Received(other, message));
      }
    } else {
      tell(event);
    }
  }

  private void tell(Event event) {
    coverage.before(node.raft());
    List<Effect> effects = node.on(clock(), event);
    coverage.after(node.raft(), event);
    if (TRACE) {
      System.out.println(Transcript.line(agenda.now(), node.id(), event));
    }
    for (Effect effect : effects) {
      if (TRACE) {
        System.out.println("    " + Transcript.line(node.id(), effect));
      }
      coverage.see(effect);
      carryOut(effect);
    }
    if (isUp()) {
      if (!bug.keepsLeaseInHandover() || !isLeader()) {
        publishedLease = node.raft().leaseUntil();
      } else {
        publishedLease = Math.max(publishedLease, node.raft().leaseUntil());
      }
      planTick();
      readByLease();
    }
  }

  boolean isLeader() {
    return isUp() && node.raft().roleChange().role() == RoleChange.Kind.LEADER;
  }

  /// Somebody reads alone from this node, if that is allowed right now.
  void readByLease() {
    if (isUp() && !isPaused() && clock() < publishedLease) {
      clients.leaseRead(node);
    }
  }

  private void carryOut(Effect effect) {
    switch (effect) {
      case Effect.Persist write -> persist(write);
      case Effect.Send(int to, Message message) -> {
        network.send(node.id(), to, bug.sent(this, to, message));
        bug.answered(message).ifPresent(m -> later(0, () -> on(new Event.Received(to, m))));
      }
      case Effect.Apply(List<Entry> entries) -> apply(entries);
      case Effect.ReadEntries read ->
          later(
              1 + random.nextLong(knobs.diskDelay()),
              () ->
                  on(
                      new Event.EntriesRead(
                          read.reader(),
                          read.from(),
                          node.disk().read(read.from(), read.upTo(), read.maxBytes()))));
      case Effect.ServeReads(List<Ticket> tickets, long index) ->
          tickets.forEach(ticket -> serve(new Waiting(ticket, index)));
      case Effect.Accept(Ticket ticket, Position position) -> {
        if (ticket instanceof Clients.Write) {
          accepted.put(position.index(), position);
        }
      }
      case Effect.Announce(RoleChange change) -> {
        if (change.role() == RoleChange.Kind.CANDIDATE) {
          whenCandidate.run();
        }
      }
      case Effect.Compact(Position upTo) -> node.disk().compact(upTo);
      case Effect.SendSnapshot send -> snapshots.offer(send);
      case Effect.FetchSnapshot(int _, Message.OfferSnapshot offer) -> snapshots.fetch(offer);
      case Effect.Install(SnapshotPoint point) -> install(point);
      case Effect.Found(Membership founders) ->
          later(
              1 + random.nextLong(knobs.diskDelay()),
              () -> {
                node.disk().found(founders);
                later(random.nextLong(knobs.diskDelay()), () -> on(new Event.Founded()));
              });
      case Effect.Configured _, Effect.Refuse _, Effect.Fatal _ -> {}
    }
  }

  private void persist(Effect.Persist write) {
    if (bug.confirmsAtOnce(this)) {
      later(0, () -> on(new Event.Persisted(write.sequence())));
    }
    syncLater(life, write.sequence());
  }

  private void syncLater(int then, long sequence) {
    diskFreeAt = Math.max(diskFreeAt, agenda.now()) + 1 + random.nextLong(knobs.diskDelay());
    agenda.at(
        diskFreeAt,
        () -> {
          if (life == then) {
            node.disk().sync(sequence);
            // Durable, but the node does not know yet, and may crash first.
            later(random.nextLong(knobs.diskDelay()), () -> on(confirmed(sequence)));
          }
        });
  }

  /// Confirmations arrive ascending, as from a thread that writes in order.
  private Event confirmed(long sequence) {
    List<Long> open = node.disk().unsynced();
    return new Event.Persisted(open.isEmpty() ? sequence : open.getFirst() - 1);
  }

  private void apply(List<Entry> entries) {
    int then = life;
    applyFreeAt = Math.max(applyFreeAt, agenda.now()) + 1 + random.nextLong(knobs.applyDelay());
    agenda.at(
        applyFreeAt,
        () -> {
          if (life == then) {
            node.apply(entries);
            for (Entry entry : entries) {
              Position mine = accepted.remove(entry.index());
              if (entry.position().equals(mine)) {
                clients.acknowledged(node.id(), mine);
              }
            }
            long last = entries.getLast().index();
            if (tellsWhatIsDue) {
              on(new Event.Due(entries.getLast().time() + 1 + last % 150, last % 16 == 0));
            }
            on(new Event.Applied(last));
          }
        });
  }

  /// Takes a snapshot of what is applied, in its own time.
  void takeSnapshot() {
    snapshots.take();
  }

  private void install(SnapshotPoint point) {
    int then = life;
    applyFreeAt = Math.max(applyFreeAt, agenda.now()) + 1 + random.nextLong(3 * knobs.applyDelay());
    agenda.at(
        applyFreeAt,
        () -> {
          if (life == then) {
            node.install(bug.installed(point));
            on(new Event.Installed(point.position().index()));
          }
        });
  }

  private void serve(Waiting read) {
    if (node.applied().size() >= read.index || bug.readsBeforeApplying()) {
      clients.readServed(node, read.ticket);
    } else {
      later(Knobs.MILLI, () -> serve(read));
    }
  }

  Knobs knobs() {
    return knobs;
  }

  void later(long delay, Runnable action) {
    int then = life;
    agenda.in(
        delay,
        () -> {
          if (life == then && isUp()) {
            action.run();
          }
        });
  }

  private void planTick() {
    long deadline = node.raft().nextDeadline();
    if (deadline == Long.MAX_VALUE) {
      return;
    }
    long wait = (long) Math.ceil((deadline - clock()) / rate);
    long time = agenda.now() + Math.max(wait, Knobs.MILLI / 100);
    if (tickPlannedFor > agenda.now() && tickPlannedFor <= time) {
      return;
    }
    tickPlannedFor = time;
    tickAt(time, life);
  }

  private void tickAt(long time, int then) {
    agenda.at(
        time,
        () -> {
          if (life != then || tickPlannedFor != time) {
            return;
          }
          if (isPaused()) {
            // The timer goes off late, among the messages that have waited.
            tickPlannedFor = pausedUntil + random.nextLong(3 * Knobs.MILLI);
            tickAt(tickPlannedFor, then);
          } else {
            tickPlannedFor = 0;
            on(new Event.Tick());
          }
        });
  }
}
