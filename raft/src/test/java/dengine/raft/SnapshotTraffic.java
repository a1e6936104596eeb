package dengine.raft;

import java.util.Optional;
import java.util.random.RandomGenerator;

/// How a [SimulatedHost] takes, offers and fetches snapshots, each in its own time.
final class SnapshotTraffic {

  private final SimulatedHost host;
  private final RandomGenerator random;
  private final SimulatedNetwork network;
  private final PlantedBug bug;
  private int fetches;

  SnapshotTraffic(
      SimulatedHost host, RandomGenerator random, SimulatedNetwork network, PlantedBug bug) {
    this.host = host;
    this.random = random;
    this.network = network;
    this.bug = bug;
  }

  private SimulatedNode node() {
    return host.node();
  }

  private long diskDelay() {
    return random.nextLong(host.knobs().diskDelay());
  }

  /// Takes a snapshot of what is applied.
  void take() {
    node()
        .point()
        .ifPresent(
            point -> {
              long keepFrom = point.position().index() + 1 - random.nextLong(8);
              host.later(
                  1 + random.nextLong(10 * host.knobs().diskDelay()),
                  () -> saved(point, new Event.SnapshotTaken(point, keepFrom)));
            });
  }

  /// Offers the newest snapshot, once or twice, and gives up after a while whatever came of it.
  void offer(Effect.SendSnapshot send) {
    Optional<SnapshotPoint> newest = node().disk().snapshot();
    if (newest.isEmpty()) {
      throw new Ledger.Violation("node " + node().id() + " has no snapshot for " + send);
    }
    Message offer = new Message.OfferSnapshot(send.term(), send.session(), newest.get(), 1, 1);
    for (int i = random.nextInt(2); i >= 0; i--) {
      host.later(diskDelay(), () -> network.send(node().id(), send.to(), offer));
    }
    host.later(
        Knobs.ELECTION_TIMEOUT.toNanos() + random.nextLong(20 * host.knobs().diskDelay()),
        () -> host.on(new Event.SnapshotSent(send.to(), send.session())));
  }

  /// Fetches what is offered; a later offer takes the place of an earlier one.
  void fetch(Message.OfferSnapshot offer) {
    int number = ++fetches;
    SnapshotPoint point = bug.fetched(node(), offer.point());
    host.later(
        1 + random.nextLong(20 * host.knobs().diskDelay()),
        () -> {
          if (number != fetches || random.nextInt(5) == 0) {
            host.on(new Event.FetchFailed(point.position()));
          } else {
            saved(point, new Event.SnapshotFetched(point));
          }
        });
  }

  /// The core is told when the file is durable.
  private void saved(SnapshotPoint point, Event event) {
    if (bug.tellsOfSnapshotsBeforeTheyAreDurable()) {
      host.on(event);
      host.later(diskDelay(), () -> node().disk().save(point));
    } else {
      node().disk().save(point);
      host.later(diskDelay(), () -> host.on(event));
    }
  }
}
