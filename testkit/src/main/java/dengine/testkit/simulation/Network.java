package dengine.testkit.simulation;

import dengine.engine.spi.Transport;
import dengine.raft.Entry;
import dengine.raft.Message;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Delays, loses, duplicates and overtakes messages, cuts links in one or both directions, clogs
/// them, and breaks connections.
final class Network {

  /// Takes what arrives.
  interface Station {

    void receive(int from, Message message);

    void unreachable(int peer);

    /// Whether it is reached at an address.
    boolean isAt(String address);
  }

  private record Link(int from, int to) {}

  private record Slowness(long by, long until) {}

  private final Agenda agenda;
  private final RandomGenerator random;
  private final Map<Integer, Station> stations = new HashMap<>();
  private final Set<Link> cut = new HashSet<>();
  private final Map<Link, Long> clogged = new HashMap<>();
  private final Map<Link, Slowness> slowed = new HashMap<>();
  private final Map<Link, Long> lastArrival = new HashMap<>();

  /// When all that was put on a link will have left.
  private final Map<Link, Long> busyUntil = new HashMap<>();

  private Knobs knobs;

  Network(Agenda agenda, RandomGenerator random, Knobs knobs) {
    this.agenda = agenda;
    this.random = random;
    this.knobs = knobs;
  }

  void use(Knobs next) {
    knobs = next;
  }

  void join(int id, Station station) {
    stations.put(id, station);
  }

  /// What a node's process sees of the network. Messages of a process that is gone are not sent.
  Transport transport(int id, NodeProcess process) {
    return new Transport() {
      @Override
      public void start(Receiver receiver) {
        process.receiver(receiver);
      }

      @Override
      public void peer(int peer, String address) {
        process.peer(peer, address);
      }

      @Override
      public void forget(int peer) {
        process.forget(peer);
      }

      @Override
      public void send(int to, Message message) {
        Message said = process.sends(to, message);
        String address = process.addressOf(to);
        Station station = stations.get(to);
        boolean finds = address != null && station != null && station.isAt(address);
        if (said != null && process.isAlive() && finds) {
          carry(new Link(id, to), said);
        }
      }

      @Override
      public void close() {
        // The process ends, and its connections with it.
      }
    };
  }

  private void carry(Link link, Message message) {
    if (random.nextDouble() < knobs.loss() || isFull(link)) {
      return;
    }
    deliverLater(link, message);
    if (random.nextDouble() < knobs.duplication()) {
      deliverLater(link, message);
    }
  }

  private void deliverLater(Link link, Message message) {
    long arrival = departure(link, message) + 1 + random.nextLong(knobs.messageDelay());
    if (random.nextDouble() < knobs.lateMessages()) {
      // So late that several elections may have come and gone.
      arrival += random.nextLong(knobs.lateness() * knobs.electionTimeout());
    } else if (knobs.inOrder()) {
      arrival = Math.max(arrival, lastArrival.getOrDefault(link, 0L));
      lastArrival.put(link, arrival);
    }
    Slowness slowness = slowed.get(link);
    if (slowness != null && slowness.until > agenda.now()) {
      arrival += slowness.by;
    }
    arrival = Math.max(arrival, clogged.getOrDefault(link, 0L));
    // Looked at on arrival: a cut takes what is under way with it.
    agenda.at(
        arrival,
        () -> {
          Station station = stations.get(link.to);
          if (station != null && !cut.contains(link)) {
            station.receive(link.from, message);
          }
        });
  }

  private boolean isFull(Link link) {
    return busyUntil.getOrDefault(link, 0L) > agenda.now() + 10 * knobs.electionTimeout();
  }

  private long departure(Link link, Message message) {
    if (knobs.bytesPerMilli() == Long.MAX_VALUE) {
      return agenda.now();
    }
    long begin = Math.max(agenda.now(), busyUntil.getOrDefault(link, 0L));
    long end = begin + size(message) * Knobs.MILLI / knobs.bytesPerMilli();
    busyUntil.put(link, end);
    return end;
  }

  private static long size(Message message) {
    long size = 40;
    if (message instanceof Message.Replicate replicate) {
      for (Entry entry : replicate.entries()) {
        size += 24 + entry.payload().length;
      }
    } else if (message instanceof Message.Transfer.Piece piece) {
      size += piece.bytes().length;
    }
    return size;
  }

  void cut(int from, int to) {
    cut.add(new Link(from, to));
  }

  /// Nothing arrives on the link for a while, then all of it at once.
  void clog(int from, int to, long duration) {
    clogged.put(new Link(from, to), agenda.now() + duration);
  }

  /// Everything takes longer on the link for a while.
  void slow(int from, int to, long by, long duration) {
    slowed.put(new Link(from, to), new Slowness(by, agenda.now() + duration));
  }

  /// Both ends learn that their connection broke; what was under way still arrives or not.
  void reset(int one, int other) {
    Station first = stations.get(one);
    Station second = stations.get(other);
    if (first != null && second != null && one != other) {
      first.unreachable(other);
      second.unreachable(one);
    }
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

  void isolate(int id, List<Integer> ids) {
    for (int other : ids) {
      cut(id, other);
      cut(other, id);
    }
  }

  void heal() {
    cut.clear();
    clogged.clear();
    slowed.clear();
  }
}
