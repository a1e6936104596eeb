package dengine.testkit.simulation;

import dengine.engine.NodeStatus;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.Transport;
import dengine.raft.Message;
import io.grpc.BindableService;
import io.grpc.ServerMethodDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One life of a node: its engine, its clock, and what its work runs on. When it dies, nothing of
/// it has any effect any more.
final class NodeProcess implements Clock, Execution {

  private final Machine machine;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Watch watch;
  private final double rate;
  private final long origin;
  private final long startedAt;
  private final Sabotage sabotage;
  private final Announcements announcements;
  private Subject.@Nullable Life life;
  private Transport.@Nullable Receiver receiver;
  private final List<Runnable> ends = new ArrayList<>();
  private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();

  /// Where it believes its peers to be.
  private final Map<Integer, String> peers = new HashMap<>();

  private boolean alive = true;
  private long wordsLeft = Long.MAX_VALUE;
  private boolean stopped;
  private boolean askedToStop;
  private boolean diskFailed;

  NodeProcess(Machine machine, Agenda agenda, RandomGenerator random, Watch watch, double rate) {
    this.machine = machine;
    this.agenda = agenda;
    this.random = random;
    this.watch = watch;
    this.rate = rate;
    this.origin = random.nextLong(1L << 40);
    this.startedAt = agenda.now();
    this.sabotage = new Sabotage(machine.plan().bug(), this);
    this.announcements = new Announcements(this);
  }

  Machine machine() {
    return machine;
  }

  boolean isAlive() {
    return alive;
  }

  /// Whether the node ended itself.
  boolean hasStopped() {
    return stopped;
  }

  /// Why it ended itself; null if it was asked to.
  @Nullable Throwable cause() {
    Subject.Life ended = life;
    if (ended == null || !ended.node().terminated().isCompletedExceptionally()) {
      return null;
    }
    return ended.node().terminated().exceptionNow();
  }

  void die() {
    alive = false;
    ends.forEach(Runnable::run);
    ends.clear();
  }

  /// Dies before it says one of the next things to a peer or a remote client, whatever else it was
  /// about to do.
  void dieAtWord(int words) {
    wordsLeft = words;
  }

  /// Whether it lives to say something.
  boolean speaks() {
    if (alive && wordsLeft-- <= 0) {
      die();
    }
    return alive;
  }

  /// Does something when this process dies.
  void onEnd(Runnable action) {
    ends.add(action);
  }

  /// Offers services to remote clients.
  void offer(List<BindableService> services) {
    services.forEach(
        service ->
            service
                .bindService()
                .getMethods()
                .forEach(method -> methods.put(name(method), method)));
  }

  private static String name(ServerMethodDefinition<?, ?> method) {
    return method.getMethodDescriptor().getFullMethodName();
  }

  /// What was offered by this name, or null.
  @Nullable ServerMethodDefinition<?, ?> service(String name) {
    return methods.get(name);
  }

  void life(Subject.Life started) {
    life = started;
    announcements.begin(started.node());
  }

  /// Something was done in it.
  void look() {
    Subject.Life running = life;
    if (running != null) {
      announcements.look(running.node());
    }
  }

  /// Null until it has started.
  Subject.@Nullable Life life() {
    return life;
  }

  Sabotage sabotage() {
    return sabotage;
  }

  /// Asks the node how it is, if it has come up.
  void askStatus(Consumer<NodeStatus> answered) {
    Subject.Life running = life;
    if (running != null) {
      CompletableFuture<Void> _ = running.node().statusSoon().thenAccept(answered);
    }
  }

  /// Its end is nobody's fault.
  void askToStop() {
    Subject.Life running = life;
    if (running != null) {
      askedToStop = true;
      running.node().stop();
    }
  }

  boolean wasAskedToStop() {
    return askedToStop;
  }

  /// Its disk has failed, so it may end, now or a little later.
  void expectToStop() {
    diskFailed = true;
  }

  boolean isExpectedToStop() {
    return askedToStop || diskFailed;
  }

  /// Says where a peer is; an empty address says nothing.
  void peer(int id, String address) {
    if (!address.isEmpty()) {
      peers.put(id, address);
    }
  }

  void forget(int id) {
    peers.remove(id);
  }

  /// Where it believes a peer to be; null if nobody told it.
  @Nullable String addressOf(int id) {
    return peers.get(id);
  }

  void receiver(Transport.Receiver network) {
    receiver = network;
  }

  void receive(int from, Message message) {
    Transport.Receiver present = receiver;
    if (present != null) {
      sabotage
          .received(from, message)
          .forEach(heard -> present.received(heard.from(), heard.message()));
    }
  }

  void unreachable(int peer) {
    Transport.Receiver present = receiver;
    if (present != null) {
      present.unreachable(peer);
    }
  }

  /// The node is about to send something. Returns what it really sends, or null for nothing.
  @Nullable Message sends(int to, Message message) {
    Message said = sabotage.sent(to, message);
    if (said != null && speaks()) {
      watch.sends(machine, to, said);
    }
    return said;
  }

  @Override
  public long nanoTime() {
    return origin + (long) ((agenda.now() - startedAt) * rate);
  }

  @Override
  public long wallMillis() {
    return machine.wallMillis();
  }

  /// The simulated time at which this clock shows a time.
  private long whenShowing(long nanos) {
    return startedAt + (long) Math.ceil((nanos - origin) / rate);
  }

  private void later(long time, Runnable task) {
    agenda.at(time, () -> machine.run(this, task));
  }

  @Override
  public void execute(Runnable task) {
    later(agenda.now() + 1 + random.nextLong(machine.knobs().taskDelay()), task);
  }

  @Override
  public Worker worker(String name, Clock clock, Round round) {
    return new SimulatedWorker(round, name.endsWith("-timer"));
  }

  @Override
  public void runLast(String name, Clock clock, Round end) {
    execute(() -> endRound(end));
  }

  private void endRound(Round end) {
    long due = end.run();
    if (due == Round.DONE) {
      stopped = true;
      die();
    } else {
      later(Math.max(agenda.now(), whenShowing(due)) + 1, () -> endRound(end));
    }
  }

  private final class SimulatedWorker implements Worker {
    private final Round round;
    private final boolean isTimer;
    private long plannedFor = Long.MAX_VALUE;
    private long plan;

    SimulatedWorker(Round round, boolean isTimer) {
      this.round = round;
      this.isTimer = isTimer;
    }

    @Override
    public void start() {
      wake();
    }

    @Override
    public void wake() {
      Knobs knobs = machine.knobs();
      long delay = isTimer ? knobs.taskDelay() : knobs.diskDelay();
      long earliest = Math.max(agenda.now(), isTimer ? 0 : machine.diskStalledUntil());
      planFor(earliest + 1 + random.nextLong(delay));
    }

    @Override
    public void close() {
      long _ = round.run();
      plan++;
    }

    private void planFor(long time) {
      if (time >= plannedFor) {
        return;
      }
      plannedFor = time;
      long mine = ++plan;
      later(
          time,
          () -> {
            if (mine == plan) {
              plannedFor = Long.MAX_VALUE;
              long due = round.run();
              if (due != Long.MAX_VALUE) {
                planFor(Math.max(agenda.now(), whenShowing(due)) + 1);
              }
            }
          });
    }
  }
}
