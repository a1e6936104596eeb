package dengine.examples.raft;

import dengine.raft.Event;
import dengine.raft.Membership;
import dengine.raft.Message;
import dengine.raft.Ticket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// Three cores in one process, driven by a loop. Time is a number that the loop adds to: a core
/// takes it as it takes everything else, as an argument, so hours pass in no time and every run is
/// the same.
final class ThreeCores implements Machine.Network {

  /// Of a proposal that nobody waits for.
  private record Anonymous() implements Ticket {}

  private static final long TICK = Duration.ofMillis(10).toNanos();
  private static final int MOST_TICKS = 10_000;

  private final List<Machine> machines = new ArrayList<>();
  private long now;

  ThreeCores() {
    Membership members = Membership.of(1, 2, 3);
    for (int id = 1; id <= 3; id++) {
      Machine machine = new Machine(id, members, this);
      machine.start(now);
      machines.add(machine);
    }
  }

  /// Loses a leader and the log that a follower missed.
  public static void main(String[] arguments) {
    ThreeCores cluster = new ThreeCores();
    int first = cluster.leader();
    cluster.propose("one");
    cluster.runUntil(() -> cluster.everybodyHas(List.of("one"), 1, 2, 3));

    cluster.machine(first).kill();
    int second = cluster.leader();
    int third = 6 - first - second;
    cluster.propose("two");
    cluster.propose("three");
    List<String> all = List.of("one", "two", "three");
    cluster.runUntil(() -> cluster.everybodyHas(all, second, third));
    cluster.machine(second).takeSnapshot();
    cluster.machine(third).takeSnapshot();
    cluster.runUntil(() -> cluster.machine(second).logBegins() > 2);

    // What it missed is in nobody's log any more: it gets the snapshot.
    cluster.machine(first).start(cluster.now);
    cluster.runUntil(() -> cluster.everybodyHas(all, 1, 2, 3));
    System.out.printf(
        "node %d led, died, and has %s again; its log begins at %d%n",
        first, cluster.machine(first).applied(), cluster.machine(first).logBegins());
  }

  Machine machine(int id) {
    return machines.get(id - 1);
  }

  /// Waits for a leader.
  int leader() {
    runUntil(() -> machines.stream().anyMatch(Machine::leads));
    return 1 + machines.indexOf(machines.stream().filter(Machine::leads).findFirst().orElseThrow());
  }

  void propose(String command) {
    byte[] payload = command.getBytes(StandardCharsets.UTF_8);
    machine(leader())
        .tell(new Event.Proposed(List.of(new Event.Proposal(new Anonymous(), payload))));
  }

  boolean everybodyHas(List<String> commands, int... ids) {
    for (int id : ids) {
      if (!machine(id).applied().equals(commands)) {
        return false;
      }
    }
    return true;
  }

  /// Lets time pass.
  void runUntil(BooleanSupplier condition) {
    for (int tick = 0; !condition.getAsBoolean(); tick++) {
      if (tick == MOST_TICKS) {
        throw new IllegalStateException("it did not happen within " + MOST_TICKS + " ticks");
      }
      now += TICK;
      machines.forEach(machine -> machine.tell(new Event.Tick()));
      boolean busy = true;
      while (busy) {
        busy = false;
        for (Machine machine : machines) {
          busy |= machine.work(now);
        }
      }
    }
  }

  @Override
  public void send(int from, int to, Message message) {
    machine(to).tell(new Event.Received(from, message));
  }

  @Override
  public Optional<Machine.Snapshot> fetch(int from, int to, Message.OfferSnapshot offer) {
    machine(from).tell(new Event.SnapshotSent(to, offer.session()));
    return machine(from).snapshot().filter(snapshot -> snapshot.point().equals(offer.point()));
  }
}
