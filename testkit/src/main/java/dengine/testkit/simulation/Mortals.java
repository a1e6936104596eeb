package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.ReadPolicy;
import dengine.embedded.EmbeddedEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// Users who store keys that go by themselves, each key once, and look for them. A key that was
/// acknowledged is there for as long as was asked for, whatever happens to clocks, leaders and
/// disks, and gone some time after that. That all replicas remove it with the same entry is seen by
/// the digests of their states.
final class Mortals {

  private static final String PREFIX = "/mortal";

  /// The longest time to live, in election timeouts.
  private static final int LONGEST = 6;

  /// The engine writes the time down after so many milliseconds at least; a leader that got the
  /// last entry from its disk goes on from there.
  private static final long UNWRITTEN = 10_000 * Knobs.MILLI;

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Knobs knobs;
  private final List<Mortal> acknowledged = new ArrayList<>();
  private boolean running = true;
  private long written;

  /// @param earliest when it may be gone at the earliest, in simulated time
  private record Mortal(Bytes key, long earliest) {}

  Mortals(World world) {
    this.world = world;
    this.agenda = world.agenda();
    this.random = world.random();
    this.knobs = world.knobs();
  }

  void begin() {
    agenda.in(1 + random.nextLong(2 * knobs.electionTimeout()), this::next);
  }

  void end() {
    running = false;
  }

  private void next() {
    if (!running) {
      return;
    }
    Machine machine = world.anyone(random);
    if (random.nextBoolean()) {
      on(machine, this::write);
    } else if (!acknowledged.isEmpty()) {
      Mortal mortal = acknowledged.get(random.nextInt(acknowledged.size()));
      on(machine, engine -> look(machine, engine, mortal));
    }
    begin();
  }

  private void on(Machine machine, Consumer<EmbeddedEngine> action) {
    NodeProcess process = machine.process();
    if (process != null) {
      machine.run(
          process,
          () -> {
            if (process.life() instanceof Engine(EmbeddedEngine engine)) {
              action.accept(engine);
            }
          });
    }
  }

  private void write(EmbeddedEngine engine) {
    Bytes key = Bytes.of(PREFIX + ++written);
    long ttl = Knobs.MILLI * (1 + random.nextLong(LONGEST * knobs.electionTimeout() / Knobs.MILLI));
    // A leader's clock may run ahead of the simulation's by as much as clocks may drift.
    long earliest = agenda.now() + (long) (ttl / (1 + knobs.drift())) - Knobs.MILLI;
    CompletableFuture<Void> _ =
        engine
            .client()
            .async()
            .put(key, key, Duration.ofNanos(ttl))
            .handle(
                (_, failure) -> {
                  if (failure == null) {
                    acknowledged.add(new Mortal(key, earliest));
                  }
                  return null;
                });
  }

  /// Whoever answers has applied what was acknowledged before.
  private void look(Machine machine, EmbeddedEngine engine, Mortal mortal) {
    CompletableFuture<Void> _ =
        engine
            .client()
            .async()
            .get(mortal.key, ReadPolicy.LINEARIZABLE)
            .handle(
                (found, failure) -> {
                  if (failure == null) {
                    judge(machine, mortal, found);
                  }
                  return null;
                });
  }

  private void judge(Machine machine, Mortal mortal, Optional<KeyValue> found) {
    world.marks().hit(found.isPresent() ? "mortal key found" : "mortal key gone");
    world
        .watch()
        .check(
            found.isPresent() || agenda.now() >= mortal.earliest,
            machine,
            mortal.key + " was gone " + (mortal.earliest - agenda.now()) + " ns before its time");
  }

  /// Waits until all are gone, in a cluster that is healthy and that nobody uses.
  void awaitEnd() {
    long longest = LONGEST * knobs.electionTimeout();
    long end = agenda.now() + 2 * (longest + UNWRITTEN) + 50 * knobs.electionTimeout();
    while (!areGone()) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("keys do not go when their time has come: " + world.machines());
      }
    }
  }

  private boolean areGone() {
    return world.machines().values().stream()
        .anyMatch(
            machine ->
                machine.leads()
                    && machine.life() instanceof Engine(EmbeddedEngine engine)
                    && engine.store().nextDeadline() == Long.MAX_VALUE);
  }
}
