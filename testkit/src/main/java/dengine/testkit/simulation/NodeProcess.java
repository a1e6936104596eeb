package dengine.testkit.simulation;

import dengine.embedded.EmbeddedEngine;
import dengine.engine.spi.Clock;
import dengine.engine.spi.Execution;
import dengine.engine.spi.Transport;
import dengine.raft.Message;
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
  private @Nullable EmbeddedEngine engine;
  private Transport.@Nullable Receiver receiver;
  private boolean alive = true;
  private boolean stopped;

  NodeProcess(Machine machine, Agenda agenda, RandomGenerator random, Watch watch, double rate) {
    this.machine = machine;
    this.agenda = agenda;
    this.random = random;
    this.watch = watch;
    this.rate = rate;
    this.origin = random.nextLong(1L << 40);
    this.startedAt = agenda.now();
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

  void die() {
    alive = false;
  }

  void engine(EmbeddedEngine started) {
    engine = started;
  }

  /// Null until it has started.
  @Nullable EmbeddedEngine engine() {
    return engine;
  }

  void receiver(Transport.Receiver network) {
    receiver = network;
  }

  void receive(int from, Message message) {
    Transport.Receiver present = receiver;
    if (present != null) {
      present.received(from, message);
    }
  }

  void unreachable(int peer) {
    Transport.Receiver present = receiver;
    if (present != null) {
      present.unreachable(peer);
    }
  }

  /// The node is about to send something.
  void sends(int to, Message message) {
    if (alive) {
      watch.sends(machine, to, message);
    }
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
  public void runLast(String name, Runnable end) {
    // The rest is up to the machine: what a node does when it stops itself is not simulated, it is
    // as dead as after a crash.
    stopped = true;
    die();
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
