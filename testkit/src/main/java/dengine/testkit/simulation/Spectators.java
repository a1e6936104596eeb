package dengine.testkit.simulation;

import dengine.api.AsyncClient;
import dengine.api.Bytes;
import dengine.api.CompactedException;
import dengine.api.Watch;
import dengine.api.WatchEvent;
import dengine.api.WatchEvent.Reason;
import dengine.api.WatchOptions;
import dengine.embedded.EmbeddedEngine;
import dengine.kv.watch.WatchLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Users who watch keys: on one machine after the other, going on from where they were, and over
/// the wire, where the client does that by itself.
final class Spectators {

  private static final int MOST = 3;
  private static final Bytes PREFIX = Bytes.of("/");
  private static final int PATIENCE_TIMEOUTS = 100;

  private final World world;
  private final Agenda agenda;
  private final RandomGenerator random;
  private final Knobs knobs;
  private final WatchLedger ledger;
  private final List<Seat> seats = new ArrayList<>();

  /// Nobody sits with those any more who are no members and are told nothing.
  private boolean ending;

  Spectators(World world, WatchLedger ledger) {
    this.world = world;
    this.agenda = world.agenda();
    this.random = world.random();
    this.knobs = world.knobs();
    this.ledger = ledger;
  }

  /// Bounds that are reached, and progress that comes often.
  static WatchLimits limits(World world) {
    RandomGenerator random = world.random();
    return WatchLimits.DEFAULT
        .withHistory(1 << (2 + random.nextInt(11)), 1L << (10 + random.nextInt(12)))
        .withBuffer(1 << random.nextInt(8), 1L << (8 + random.nextInt(12)))
        .withProgressInterval(Duration.ofNanos(world.knobs().electionTimeout()));
  }

  void begin(Optional<AsyncClient> overTheWire) {
    for (int i = 1; i <= MOST; i++) {
      seats.add(new Seat("spectator " + i, null));
    }
    overTheWire.ifPresent(client -> seats.add(new Seat("remote spectator", client)));
    seats.forEach(Seat::tick);
  }

  /// Waits until all have been told everything, in a cluster that is healthy.
  void awaitEnd() {
    ending = true;
    seats.forEach(Seat::leave);
    long end = agenda.now() + PATIENCE_TIMEOUTS * knobs.electionTimeout();
    long last = ledger.last();
    while (!seats.stream().allMatch(seat -> seat.spectator().complete() >= last)) {
      agenda.runUntil(agenda.now() + knobs.electionTimeout());
      world.watch().verify();
      if (agenda.now() > end) {
        throw new Violation("those who watch are not told what happened: " + seats + " of " + last);
      }
    }
    world.watch().verify();
  }

  /// Where one sits and watches, for the time being.
  private final class Seat {
    private final String name;
    private final @Nullable AsyncClient overTheWire;
    private final Bytes what;
    private final boolean prefix = random.nextBoolean();
    private final boolean previous = random.nextInt(3) == 0;
    private Spectator spectator;
    private @Nullable NodeProcess process;
    private @Nullable Watch watching;
    private boolean asked;

    /// What will be told again where he sits now.
    private final Set<WatchEvent.Change> known = new HashSet<>();

    /// What was asked for before he left comes too late.
    private int attempt;
    /// What the last attempt ended with, for people.
    private String refusal = "";

    Seat(String name, @Nullable AsyncClient overTheWire) {
      this.name = name;
      this.overTheWire = overTheWire;
      this.what = prefix ? PREFIX : Bytes.of("/k" + random.nextInt(knobs.keys()));
      this.spectator = spectator(0);
    }

    Spectator spectator() {
      return spectator;
    }

    private Spectator spectator(long from) {
      return new Spectator(world, ledger, name, what, prefix, previous, from);
    }

    /// Now and then one looks whether he still sits somewhere, and sometimes moves.
    void tick() {
      agenda.in(
          1 + random.nextLong(2 * knobs.electionTimeout()),
          () -> {
            NodeProcess present = process;
            boolean gone = present != null && !present.isAlive();
            if (gone || (watching != null && !ending && random.nextInt(8) == 0)) {
              leave();
            }
            if (watching == null && !asked) {
              sit();
            }
            tick();
          });
    }

    private void leave() {
      Watch present = watching;
      NodeProcess there = process;
      watching = null;
      process = null;
      asked = false;
      attempt++;
      if (present == null) {
        return;
      }
      if (there == null) {
        present.close();
      } else if (there.isAlive()) {
        there.machine().run(there, present::close);
      }
    }

    private Machine someone() {
      if (!ending) {
        return world.anyone(random);
      }
      List<Integer> members = world.watch().configurations().last().members();
      return world.machine(members.get(random.nextInt(members.size())));
    }

    private void sit() {
      AsyncClient client = overTheWire;
      Machine machine = someone();
      NodeProcess there = machine.process();
      if (client != null) {
        asked = true;
        ask(client, machine);
      } else if (there != null) {
        asked = true;
        process = there;
        machine.run(
            there,
            () -> {
              if (there.life() instanceof Engine(EmbeddedEngine engine)) {
                ask(engine.client().async(), machine);
              } else {
                asked = false;
              }
            });
      }
    }

    /// At first from now on, later from where he was.
    private void ask(AsyncClient client, Machine machine) {
      long from = spectator.complete() < 0 ? 0 : spectator.resumeFrom();
      if (from > 0 && world.plan().bug() == PlantedBug.WATCH_RESUMES_ONE_TOO_LATE) {
        from++;
      }
      WatchOptions options = new WatchOptions(from, previous, random.nextInt(3) * 8);
      CompletableFuture<Watch> asking =
          prefix ? client.watchPrefix(what, options) : client.watch(what, options);
      long began = from;
      int mine = attempt;
      CompletableFuture<Void> _ =
          asking.handle(
              (watch, failure) -> {
                if (mine != attempt) {
                  if (watch != null) {
                    watch.close();
                  }
                  return null;
                }
                asked = false;
                if (failure == null) {
                  begun(watch, began, machine);
                } else {
                  refused(failure);
                }
                return null;
              });
    }

    private void begun(Watch watch, long from, Machine machine) {
      watching = watch;
      if (from == 0) {
        spectator = spectator(watch.revision() + 1);
      } else {
        world.marks().hit("watch resumed");
      }
      known.clear();
      known.addAll(spectator.toldAlready());
      watch.listen(event -> told(watch, machine, event));
    }

    @Override
    public String toString() {
      return name
          + " at "
          + spectator.complete()
          + (watching == null ? ", nowhere" : "")
          + (asked ? ", asking" : "")
          + refusal;
    }

    private void refused(Throwable failure) {
      Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
      refusal = ", refused: " + cause;
      if (cause instanceof CompactedException && (ending || random.nextInt(4) == 0)) {
        startAgain();
      }
    }

    /// He has read what is there now, as it were, and watches from now on.
    private void startAgain() {
      world.marks().hit("watch compacted");
      spectator = spectator(0);
    }

    private void told(Watch by, Machine machine, WatchEvent event) {
      if (!by.equals(watching)) {
        return;
      }
      if (event instanceof WatchEvent.Change change && known.remove(change)) {
        return;
      }
      spectator.told(machine, event);
      if (event instanceof WatchEvent.Change) {
        world.marks().hit("watched change told");
      }
      if (event instanceof WatchEvent.Canceled last) {
        watching = null;
        process = null;
        world.marks().hitIf(last.reason() == Reason.BUFFER_OVERFLOW, "watch too slow");
        if (last.reason() == Reason.COMPACTED && overTheWire != null) {
          startAgain();
        }
      }
    }
  }
}
