package dengine.testkit.simulation;

import dengine.engine.Node;
import dengine.engine.NodeBuilder;
import dengine.engine.NodeException;
import dengine.engine.NodeOptions;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StateMachine;
import dengine.raft.Membership;
import dengine.raft.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Nodes with a state machine of somebody's own, and users who propose commands and read, each with
/// one call at a time.
final class Proposers<M extends StateMachine> implements Subject.Load {

  /// A node on a machine.
  private final class Running implements Subject.Life {
    private final Node node;
    private final RecordedMachine<M> machine;

    Running(Node node, RecordedMachine<M> machine) {
      this.node = node;
      this.machine = machine;
    }

    @Override
    public Node node() {
      return node;
    }

    @Override
    public long position() {
      return machine.lastIndex();
    }

    @Override
    public long digest() {
      return ofMachine.digest().applyAsLong(machine.machine());
    }
  }

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Knobs knobs;
  private final ClusterSimulation<M> ofMachine;
  private final Chronicle chronicle;
  private final Map<Integer, Integer> guesses = new TreeMap<>();
  private final boolean takesSnapshots;
  private boolean over;
  private boolean judged;
  private long serials;
  private long answered;
  private long unknown;

  /// Index up to which answers were given.
  private long floor;

  Proposers(World world, ClusterSimulation<M> ofMachine) {
    this.world = world;
    this.agenda = world.agenda();
    this.random = world.random();
    this.knobs = world.knobs();
    this.ofMachine = ofMachine;
    this.chronicle = new Chronicle(world.watch());
    this.takesSnapshots = takesSnapshots(ofMachine.machines().get());
  }

  private static boolean takesSnapshots(StateMachine machine) {
    Optional<StateMachine.View> view = machine.view();
    view.ifPresent(StateMachine.View::close);
    machine.close();
    return view.isPresent();
  }

  @Override
  public Subject.Life start(Subject.Parts parts) {
    RecordedMachine<M> machine =
        new RecordedMachine<>(
            parts.id(), ofMachine.machines().get(), chronicle, knobs.slowMachine());
    MetaStore.Identity identity = new MetaStore.Identity(Machine.CLUSTER, parts.id());
    Membership initial = parts.machine().initial();
    NodeBuilder builder =
        initial.equals(Membership.NONE)
            ? NodeBuilder.joining(identity)
            : new NodeBuilder(identity, located(initial));
    Node node =
        builder
            .address(parts.machine().address())
            .storage(parts.storage())
            .stateMachine(machine)
            .transport(parts.transport())
            .clock(parts.process())
            .execution(parts.process())
            .random(random)
            .options(
                NodeOptions.DEFAULT
                    .withRaft(knobs.raft())
                    .withSnapshots(knobs.snapshots())
                    .withPersistence(knobs.persistence()))
            .start();
    return new Running(node, machine);
  }

  private Membership located(Membership initial) {
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    for (int id : initial.members()) {
      details.put(id, new Membership.Member(world.machine(id).address(), 0, false, 0));
    }
    return initial.withDetails(details);
  }

  @Override
  public boolean takesSnapshots() {
    return takesSnapshots;
  }

  @Override
  public void begin() {
    for (int user = 1; user <= knobs.clients(); user++) {
      next(user);
    }
  }

  @Override
  public void end() {
    over = true;
  }

  @Override
  public boolean isServed() {
    List<Call> calls = new ArrayList<>();
    for (Machine machine : world.machines().values()) {
      if (machine.leads()) {
        Call call = new Call(0, machine);
        call.propose();
        calls.add(call);
      }
    }
    long end = agenda.now() + 2 * knobs.deadline().toNanos();
    while (calls.stream().noneMatch(call -> call.served) && agenda.now() < end) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout() / 4);
    }
    return calls.stream().anyMatch(call -> call.served);
  }

  @Override
  public void judge() {
    chronicle.replay(ofMachine.machines().get(), ofMachine.read());
    judged = true;
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
    return judged;
  }

  private void next(int user) {
    agenda.in(
        1 + random.nextLong(knobs.think()),
        () -> {
          if (!over) {
            int guess = guesses.getOrDefault(user, 1);
            Machine machine = random.nextInt(6) == 0 ? world.anyone(random) : world.machine(guess);
            Call call = new Call(user, machine);
            switch (random.nextInt(4)) {
              case 0 -> call.read();
              case 1 -> call.readWithLease();
              default -> call.propose();
            }
          }
        });
  }

  /// One call of a user and what becomes of it.
  private final class Call {
    private final int user;
    private final Machine machine;
    private final @Nullable NodeProcess process;
    private final long floorBefore = floor;
    private boolean ended;
    private boolean served;

    Call(int user, Machine machine) {
      this.user = user;
      this.machine = machine;
      this.process = machine.process();
    }

    void propose() {
      long serial = ++serials;
      byte[] command = RecordedMachine.numbered(serial, ofMachine.commands().apply(random));
      on(
          running ->
              running.node.propose(
                  command,
                  knobs.deadline(),
                  (result, failure) ->
                      ended(
                          failure,
                          () -> {
                            if (!(result instanceof RecordedMachine.Done(long index, Object _))) {
                              return false;
                            }
                            chronicle.acknowledged(machine.id(), serial, index, floorBefore);
                            floor = Math.max(floor, index);
                            return true;
                          })));
    }

    void read() {
      on(
          running ->
              running.node.awaitReadable(
                  knobs.deadline(),
                  (_, failure) ->
                      ended(
                          failure,
                          () -> {
                            see(running, look(running.machine));
                            return true;
                          })));
    }

    void readWithLease() {
      on(
          running -> {
            Optional<Seen> seen = running.node.readWithLease(() -> look(running.machine));
            ended(
                null,
                () -> {
                  seen.ifPresent(state -> see(running, state));
                  return true;
                });
          });
    }

    private Seen look(RecordedMachine<M> from) {
      return new Seen(from.lastIndex(), ofMachine.read().apply(from.machine()));
    }

    private void see(Running running, Seen seen) {
      chronicle.read(running.node.id(), seen.index, seen.answer, floorBefore);
      floor = Math.max(floor, seen.index);
    }

    private void on(Consumer<Running> ask) {
      NodeProcess target = process;
      if (target == null) {
        guesses.put(user, 1 + random.nextInt(knobs.machines()));
        end();
        return;
      }
      machine.run(
          target,
          () -> {
            Running running = running(target);
            if (running != null && !ended) {
              ask.accept(running);
            }
          });
      Duration patience = knobs.deadline().multipliedBy(2);
      agenda.in(
          patience.toNanos(),
          () -> {
            if (!ended) {
              unknown++;
              end();
            }
          });
    }

    @SuppressWarnings("unchecked") // nodes of this run are made above, and nowhere else
    private @Nullable Running running(NodeProcess target) {
      return (Running) target.life();
    }

    private void ended(@Nullable NodeException failure, BooleanSupplier success) {
      // The answer of a process that is gone reaches nobody.
      if (ended || process == null || !process.isAlive()) {
        return;
      }
      if (failure == null) {
        served = success.getAsBoolean();
        answered++;
      } else if (failure instanceof NodeException.Refused refused) {
        guess(refused.refusal());
      } else {
        unknown++;
      }
      end();
    }

    private void guess(Refusal refusal) {
      int known = refusal instanceof Refusal.NotLeader(int leader) ? leader : 0;
      guesses.put(user, known > 0 ? known : 1 + random.nextInt(knobs.machines()));
    }

    private void end() {
      ended = true;
      if (user != 0) {
        next(user);
      }
    }
  }

  /// What somebody saw, and at which index.
  private record Seen(long index, @Nullable Object answer) {}
}
