package dengine.raft;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Delays, loses, duplicates and overtakes messages, and cuts links in one or both directions.
final class SimulatedNetwork {

  /// Takes what arrives.
  interface Receiver {
    void receive(int from, int to, Message message);
  }

  private record Link(int from, int to) {}

  private final Agenda agenda;
  private final RandomGenerator random;
  private final Receiver receiver;
  private final Set<Link> cut = new HashSet<>();
  private final Map<Link, Long> lastArrival = new HashMap<>();
  private Knobs knobs;

  SimulatedNetwork(Agenda agenda, RandomGenerator random, Knobs knobs, Receiver receiver) {
    this.agenda = agenda;
    this.random = random;
    this.knobs = knobs;
    this.receiver = receiver;
  }

  void use(Knobs next) {
    knobs = next;
  }

  void send(int from, int to, Message message) {
    if (random.nextDouble() < knobs.loss()) {
      return;
    }
    deliverLater(from, to, message);
    if (random.nextDouble() < knobs.duplication()) {
      deliverLater(from, to, message);
    }
  }

  private void deliverLater(int from, int to, Message message) {
    Link link = new Link(from, to);
    long arrival = agenda.now() + 1 + random.nextLong(knobs.messageDelay());
    if (random.nextDouble() < knobs.lateMessages()) {
      // So late that several elections may have come and gone.
      arrival += random.nextLong(10 * Knobs.ELECTION_TIMEOUT.toNanos());
    } else if (knobs.inOrder()) {
      arrival = Math.max(arrival, lastArrival.getOrDefault(link, 0L));
      lastArrival.put(link, arrival);
    }
    // Looked at on arrival: a cut takes what is under way with it.
    agenda.at(
        arrival,
        () -> {
          if (!cut.contains(link)) {
            receiver.receive(from, to, message);
          }
        });
  }

  void cut(int from, int to) {
    cut.add(new Link(from, to));
  }

  /// Cuts a random half of the nodes off from the others.
  void split(List<Integer> ids) {
    Set<Integer> side = new HashSet<>();
    for (int id : ids) {
      if (random.nextBoolean()) {
        side.add(id);
      }
    }
    for (int from : ids) {
      for (int to : ids) {
        if (side.contains(from) != side.contains(to)) {
          cut(from, to);
        }
      }
    }
  }

  /// Cuts each link in each direction with the same chance: who hears whom makes no sense any more.
  void tatter(List<Integer> ids) {
    for (int from : ids) {
      for (int to : ids) {
        if (random.nextInt(3) == 0) {
          cut(from, to);
        }
      }
    }
  }

  void heal() {
    cut.clear();
  }
}
