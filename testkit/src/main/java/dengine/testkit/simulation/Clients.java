package dengine.testkit.simulation;

import dengine.api.AsyncClient;
import dengine.api.NotLeaderException;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.api.Scan;
import dengine.client.GrpcClient;
import dengine.embedded.EmbeddedEngine;
import dengine.testkit.linearizability.Answer;
import dengine.testkit.linearizability.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The engine with its key-value store, and clients of its own interface, each with one call at a
/// time, and the history of what they were told. A call whose process dies has an unknown outcome.
final class Clients implements Subject.Load {

  /// A caller gives up somewhat later than the engine should have.
  private static final long GRACE = 400 * Knobs.MILLI;

  private static final long SCOUT_EVERY = 4 * Knobs.MILLI;

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Knobs knobs;
  private final CallHistory history = new CallHistory();
  private final Wishes wishes;
  private final Optional<Mortals> mortals;
  private final WatchLedger ledger;
  private final Spectators spectators;
  private boolean running = true;

  /// Whom each client believes to lead; each finds out for itself, so that some stay with a leader
  /// that the others have left.
  private final Map<Integer, Integer> guesses = new TreeMap<>();
  private long answered;
  private long unknown;

  private boolean decided;

  /// Where the remote clients run; they share one connection to each node.
  private final ClientMachine remote;

  private Optional<AsyncClient> overTheWire = Optional.empty();

  Clients(World world) {
    this.world = world;
    this.agenda = world.agenda();
    this.random = world.random();
    this.knobs = world.knobs();
    this.remote = new ClientMachine(world);
    this.wishes = new Wishes(random, knobs.keys());
    // Who stores for ever must be found to work by itself: every other seed has nothing else.
    this.mortals =
        world.plan().seed() % 2 == 0 ? Optional.empty() : Optional.of(new Mortals(world));
    this.ledger = new WatchLedger(world.watch());
    this.spectators = new Spectators(world, ledger);
  }

  @Override
  public Subject.Life start(Subject.Parts parts) {
    return Engine.start(world, parts, ledger);
  }

  @Override
  public void cut(Machine machine, long duration) {
    remote.cut(machine, duration);
  }

  @Override
  public void reset(Machine machine) {
    remote.reset(machine);
  }

  @Override
  public void heal() {
    remote.heal();
  }

  @Override
  public long answered() {
    return answered;
  }

  @Override
  public long unknown() {
    return unknown;
  }

  @Override
  public boolean isDecided() {
    return decided;
  }

  @Override
  public void judge() {
    mortals.ifPresent(Mortals::awaitEnd);
    spectators.awaitEnd();
    decided = history.judge();
  }

  @Override
  public void begin() {
    if (knobs.remoteClients() > 0) {
      String all =
          world.machines().values().stream().map(Machine::address).collect(Collectors.joining(","));
      overTheWire =
          Optional.of(
              GrpcClient.builder(all).deadline(knobs.deadline()).loop(remote).connect().async());
    }
    scout();
    mortals.ifPresent(Mortals::begin);
    spectators.begin(overTheWire);
    for (int client = 1; client <= knobs.clients(); client++) {
      next(client);
    }
  }

  @Override
  public void end() {
    running = false;
    mortals.ifPresent(Mortals::end);
  }

  private void next(int client) {
    agenda.in(
        1 + random.nextLong(knobs.think()),
        () -> {
          if (running) {
            if (client <= knobs.remoteClients()) {
              new Turn(client, anyone()).beginOverTheWire(wishes.next());
            } else {
              new Turn(client, pick(client)).begin(wishes.next());
            }
          }
        });
  }

  private Machine pick(int client) {
    return random.nextInt(6) == 0 ? anyone() : world.machine(guesses.getOrDefault(client, 1));
  }

  private Machine anyone() {
    return world.anyone(random);
  }

  /// Somebody has heard of a write and looks for it elsewhere: whoever still believes to lead there
  /// must have it too.
  private void lookElsewhere(Call call, Machine written) {
    if (!running || !(call instanceof Call.Put put)) {
      return;
    }
    for (Machine other : world.machines().values()) {
      if (!other.equals(written) && other.leads()) {
        agenda.in(1, () -> new Turn(0, other).begin(new Call.Get(put.key())));
        agenda.in(2, () -> new Turn(0, other).begin(new Call.Get(put.key())));
        return;
      }
    }
    if (random.nextInt(4) == 0) {
      agenda.in(1, () -> new Turn(0, anyone()).begin(new Call.Get(put.key())));
    }
  }

  /// Where several believe to lead, one of them is wrong, for moments only: writes through the
  /// latest at once.
  private void scout() {
    Machine latest = null;
    long term = 0;
    int leaders = 0;
    for (Machine machine : world.machines().values()) {
      Subject.Life life = machine.life();
      if (life != null && life.node().isLeading()) {
        leaders++;
        if (life.node().role().term() > term) {
          term = life.node().role().term();
          latest = machine;
        }
      }
    }
    if (leaders > 1 && latest != null) {
      new Turn(0, latest).begin(wishes.put());
    }
    if (running) {
      agenda.in(SCOUT_EVERY, this::scout);
    }
  }

  private PlantedBug bug() {
    return world.plan().bug();
  }

  /// Writes once and reads everything, through whoever leads; returns whether all was answered.
  /// What is answered belongs to the history.
  @Override
  public boolean isServed() {
    List<Turn> turns = new ArrayList<>();
    for (Machine machine : world.machines().values()) {
      // Several may believe to lead while some are cut off.
      if (machine.leads()) {
        Turn write = new Turn(0, machine);
        Turn read = new Turn(0, machine);
        turns.add(write);
        turns.add(read);
        write.begin(wishes.put());
        read.begin(wishes.everything());
      }
    }
    long end = agenda.now() + knobs.deadline().toNanos() + GRACE;
    while (!anyServed(turns) && agenda.now() < end) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout() / 4);
    }
    return anyServed(turns);
  }

  /// Whether one machine answered both the write and the read.
  private static boolean anyServed(List<Turn> turns) {
    for (int i = 0; i < turns.size(); i += 2) {
      if (turns.get(i).served && turns.get(i + 1).served) {
        return true;
      }
    }
    return false;
  }

  /// One call of a client and what becomes of it.
  private final class Turn {
    private final int client;
    private final Machine machine;
    private final @Nullable NodeProcess process;
    private final long invoked = agenda.now();
    private boolean over;
    private boolean isRemote;

    /// Whether it was answered with what was asked for.
    private boolean served;

    Turn(int client, Machine machine) {
      this.client = client;
      this.machine = machine;
      this.process = machine.process();
    }

    void begin(Call call) {
      NodeProcess target = process;
      if (target == null) {
        guesses.put(client, 1 + random.nextInt(knobs.machines()));
        if (client != 0) {
          next(client);
        }
        return;
      }
      history.asked(this, client, invoked, call);
      machine.run(
          target,
          () -> {
            if (target.life() instanceof Engine(EmbeddedEngine engine) && !over) {
              ask(engine.client().async(), call);
            }
          });
      agenda.in(knobs.deadline().toNanos() + GRACE, () -> end(call, new Answer.Unknown()));
    }

    /// Through a client that finds the leader by itself, and tries again what was refused.
    void beginOverTheWire(Call call) {
      history.asked(this, client, invoked, call);
      isRemote = true;
      ask(overTheWire.orElseThrow(), call);
      agenda.in(knobs.deadline().toNanos() + GRACE, () -> end(call, new Answer.Unknown()));
    }

    private void ask(AsyncClient store, Call call) {
      ReadPolicy policy =
          bug() == PlantedBug.READS_ARE_LOCAL
              ? ReadPolicy.EVENTUAL
              : random.nextBoolean() ? ReadPolicy.LEASE : ReadPolicy.LINEARIZABLE;
      switch (call) {
        case Call.Put put -> await(call, store.put(put.key(), put.value()), Answer.Written::new);
        case Call.Delete delete -> await(call, store.delete(delete.key()), Answer.Written::new);
        case Call.CompareAndSwap swap ->
            await(
                call,
                store.compareAndSwap(swap.key(), swap.expected(), swap.value()),
                done -> new Answer.Swapped(done.succeeded(), done.revision()));
        case Call.Get get ->
            await(
                call,
                store.get(get.key(), policy),
                found -> new Answer.Found(wishes.seen(get.key(), found)));
        case Call.GetMany many ->
            await(
                call,
                store.getMany(many.keys(), policy),
                found -> new Answer.FoundMany(found.revision(), found.values()));
        case Call.Scan scan ->
            await(
                call,
                store.scan(Scan.prefix(scan.prefix()).policy(policy)),
                page -> new Answer.Scanned(page.revision(), page.entries(), page.next()));
      }
    }

    private <T> void await(Call call, CompletableFuture<T> result, Function<T, Answer> answer) {
      CompletableFuture<Void> _ =
          result.handle(
              (value, failure) -> {
                // The answer of a process that is gone reaches nobody.
                if (isRemote || (process != null && process.isAlive())) {
                  ended(call, failure == null ? answer.apply(value) : failed(failure));
                }
                return null;
              });
    }

    private void ended(Call call, Answer answer) {
      if (bug() == PlantedBug.WRITES_ARE_REPEATED
          && answer instanceof Answer.Unknown
          && !over
          && process != null
          && process.life() instanceof Engine(EmbeddedEngine engine)
          && engine.node().isLeading()) {
        ask(engine.client().async(), call);
      } else {
        end(call, answer);
      }
    }

    private Answer failed(Throwable failure) {
      Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
      if (cause instanceof NotLeaderException elsewhere) {
        guesses.put(client, elsewhere.leaderId().orElse(1 + random.nextInt(knobs.machines())));
      }
      return cause instanceof RejectedException ? new Answer.Rejected() : new Answer.Unknown();
    }

    private void end(Call call, Answer answer) {
      if (over) {
        return;
      }
      over = true;
      if (answer instanceof Answer.Unknown) {
        unknown++;
      } else if (!(answer instanceof Answer.Rejected)) {
        answered++;
        served = true;
        if (isRemote) {
          world.marks().hit("answered over the wire");
        }
        lookElsewhere(call, machine);
      }
      history.ended(this, client, invoked, agenda.now(), call, answer);
      if (client != 0) {
        next(client);
      }
    }
  }
}
