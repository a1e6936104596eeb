package dengine.raft;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What the hosts of a [Scenario] do about snapshots: they offer, fetch and install them at once,
/// unless held.
final class SnapshotHosts {

  private final Set<Integer> heldFetching = new HashSet<>();
  private final Set<Integer> heldInstalling = new HashSet<>();
  private final Map<Integer, SnapshotPoint> fetching = new HashMap<>();
  private final Map<Integer, SnapshotPoint> installing = new HashMap<>();
  private final Map<Integer, Effect.SendSnapshot> sending = new HashMap<>();

  /// The offer of the newest snapshot.
  Message offer(SimulatedNode node, Effect.SendSnapshot send) {
    sending.put(send.to(), send);
    SnapshotPoint newest = node.disk().snapshot().orElseThrow();
    return new Message.OfferSnapshot(send.term(), send.session(), newest, 1, 1);
  }

  /// What is reported when the sending that was asked for last has ended.
  Event sent(int to) {
    return new Event.SnapshotSent(to, sending.get(to).session());
  }

  /// Begins to fetch; what is there at once is returned.
  Optional<Event> fetch(SimulatedNode node, SnapshotPoint point) {
    fetching.put(node.id(), point);
    return heldFetching.contains(node.id()) ? Optional.empty() : Optional.of(fetched(node));
  }

  void holdFetching(int id) {
    heldFetching.add(id);
  }

  /// The file is durable.
  Event fetched(SimulatedNode node) {
    heldFetching.remove(node.id());
    SnapshotPoint point = fetching.remove(node.id());
    node.disk().save(point);
    return new Event.SnapshotFetched(point);
  }

  /// Begins to install; what is done at once is returned.
  Optional<Event> install(SimulatedNode node, SnapshotPoint point) {
    installing.put(node.id(), point);
    return heldInstalling.contains(node.id()) ? Optional.empty() : Optional.of(installed(node));
  }

  void holdInstalling(int id) {
    heldInstalling.add(id);
  }

  /// The state machine has the newest state.
  Event installed(SimulatedNode node) {
    heldInstalling.remove(node.id());
    SnapshotPoint point = installing.remove(node.id());
    node.install(point);
    return new Event.Installed(point.position().index());
  }

  void forget(int id) {
    fetching.remove(id);
    installing.remove(id);
  }
}
