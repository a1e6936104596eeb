package dengine.testkit.simulation;

import dengine.api.Bytes;
import dengine.api.KeyValue;
import dengine.api.ReadPolicy;
import dengine.api.RejectedException;
import dengine.api.Scan;
import dengine.embedded.EmbeddedEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// Users who store keys that go by themselves, renew them, and look for them. A key that was
/// acknowledged is there for as long as was asked for, whatever happens to clocks, leaders and
/// disks, and nobody finds it some time after that. That all replicas remove it with the same entry
/// is seen by the digests of their states.
final class Mortals {

  private static final String PREFIX = "/mortal";

  /// The longest time to live, in election timeouts.
  private static final int LONGEST = 6;

  /// So many are written together now and then.
  private static final int TOGETHER = 5;

  /// The engine writes the time down after so many milliseconds at least; a leader that got the
  /// last entry from its disk goes on from there.
  private static final long UNWRITTEN = 10_000 * Knobs.MILLI;

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Knobs knobs;
  private final List<Mortal> acknowledged = new ArrayList<>();
  private boolean running = true;
  private boolean gone;
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
    agenda.in(1 + random.nextLong(knobs.electionTimeout() / 2), this::next);
  }

  void end() {
    running = false;
  }

  private void next() {
    if (!running) {
      return;
    }
    Machine machine = world.anyone(random);
    switch (acknowledged.isEmpty() ? 0 : random.nextInt(4)) {
      case 0 -> on(machine, this::write);
      case 1 -> on(world.someLeader(random), this::renew);
      default -> {
        Mortal mortal = acknowledged.get(random.nextInt(acknowledged.size()));
        on(machine, engine -> look(machine, engine, mortal));
      }
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

  /// Sometimes several that go at the same time.
  private void write(EmbeddedEngine engine) {
    long life = life();
    int together = written % 3 == 0 ? TOGETHER : 1;
    for (int i = 0; i < together; i++) {
      Bytes key = Bytes.of(PREFIX + ++written);
      write(engine, new Mortal(key, 0), life);
    }
  }

  private long life() {
    return random.nextLong(LONGEST * knobs.electionTimeout() / Knobs.MILLI);
  }

  /// The latest, which may be there still. Whoever looks for it meanwhile is right with what was
  /// promised before; a renewal of unknown outcome may come at any time, so then nobody knows more.
  private void renew(EmbeddedEngine engine) {
    if (!acknowledged.isEmpty()) {
      world.marks().hit("mortal key renewed");
      write(engine, acknowledged.removeLast(), life());
    }
  }

  /// Never promises less than was promised for the key before.
  private void write(EmbeddedEngine engine, Mortal before, long life) {
    Bytes key = before.key;
    long shortest = Math.max(0, before.earliest - agenda.now()) / Knobs.MILLI;
    // A leader's clock may run ahead of the simulation's by as much as clocks may drift.
    long ttl = Knobs.MILLI * (2 + Math.max((long) (shortest * (1 + knobs.drift())), life));
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
                  } else if (before.earliest > 0 && isRefused(failure)) {
                    acknowledged.add(before);
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

  private static boolean isRefused(Throwable failure) {
    return (failure instanceof CompletionException e ? e.getCause() : failure)
        instanceof RejectedException;
  }

  /// Writes one more, and waits until nobody finds any of them, in a cluster that is healthy and
  /// that nobody writes to any more.
  void awaitEnd() {
    acknowledged.clear();
    long longest = LONGEST * knobs.electionTimeout();
    long end = agenda.now() + 2 * (longest + UNWRITTEN) + 50 * knobs.electionTimeout();
    while (!gone) {
      boolean isLast = !acknowledged.isEmpty();
      on(world.someLeader(random), isLast ? this::lookForAny : this::write);
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      if (agenda.now() > end) {
        throw new Violation("keys do not go when their time has come: " + world.machines());
      }
    }
  }

  private void lookForAny(EmbeddedEngine engine) {
    CompletableFuture<Void> _ =
        engine
            .client()
            .async()
            .scan(Scan.prefix(PREFIX))
            .handle(
                (page, failure) -> {
                  gone |= failure == null && page.entries().isEmpty();
                  return null;
                });
  }
}
