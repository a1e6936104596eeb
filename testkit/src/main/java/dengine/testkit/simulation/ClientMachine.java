package dengine.testkit.simulation;

import dengine.client.ClientLoop;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/// What a remote client runs on: a process that lives as long as the run, with connections that
/// break and go silent.
final class ClientMachine implements ClientLoop {

  private static final long MOST_DELAY = 3 * Knobs.MILLI;

  private final World world;
  private final List<Wire> wires = new ArrayList<>();
  private final Map<Machine, Long> cutUntil = new HashMap<>();

  ClientMachine(World world) {
    this.world = world;
  }

  long delay() {
    return 1 + world.random().nextLong(MOST_DELAY);
  }

  /// When something gets through to a machine again; in the past if it does now.
  long cutUntil(Machine machine) {
    return cutUntil.getOrDefault(machine, 0L);
  }

  /// Nothing gets through to a machine for a while, and nobody is told.
  void cut(Machine machine, long duration) {
    cutUntil.put(machine, world.agenda().now() + duration);
  }

  /// Breaks the connections to a machine.
  void reset(Machine machine) {
    List.copyOf(wires).stream().filter(wire -> wire.machine().equals(machine)).forEach(Wire::reset);
  }

  void heal() {
    cutUntil.clear();
  }

  void run(Runnable step) {
    world.agenda().in(1, step);
  }

  @Override
  public boolean runsHere() {
    return true;
  }

  @Override
  public void execute(Runnable step) {
    run(step);
  }

  @Override
  public Future<?> schedule(Runnable step, long delayNanos) {
    FutureTask<Void> task = new FutureTask<>(step, null);
    world.agenda().in(Math.max(1, delayNanos), task);
    return task;
  }

  @Override
  public Future<?> scheduleAtFixedRate(Runnable step, long periodNanos) {
    FutureTask<Void> all = new FutureTask<>(() -> {}, null);
    again(all, step, periodNanos);
    return all;
  }

  private void again(FutureTask<Void> all, Runnable step, long periodNanos) {
    world
        .agenda()
        .in(
            periodNanos,
            () -> {
              if (!all.isCancelled()) {
                step.run();
                again(all, step, periodNanos);
              }
            });
  }

  @Override
  public long nanoTime() {
    return world.agenda().now();
  }

  @Override
  public long random(long bound) {
    return world.random().nextLong(bound);
  }

  @Override
  public void dial(
      String address, int attempt, Consumer<ManagedChannel> dialled, Consumer<String> failed) {
    int id = Integer.parseInt(address.substring("node-".length(), address.indexOf(':')));
    Wire wire = new Wire(world, this, world.machine(id));
    wires.removeIf(Wire::isShutdown);
    wires.add(wire);
    dialled.accept(wire);
  }

  @Override
  public void close() {
    // The agenda of the run ends with the run.
  }
}
