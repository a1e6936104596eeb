package dengine.embedded;

import dengine.api.InvalidRequestException;
import dengine.api.NewMember;
import dengine.engine.Node;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.grpc.Joining;
import dengine.raft.Membership;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Finds out which cluster a node belongs to, before anything is written, and brings it into one
/// that is there: asks to be taken in once the node runs and can answer.
final class Entrance {

  private Entrance() {}

  /// The same configuration with the number of the cluster: the one the data belongs to; on a new
  /// disk the one of the members of the cluster to be joined, or a random one for a node that is
  /// alone. Two of those, at one address one after the other, must never be taken for each other.
  static EngineConfig locate(
      EngineConfig config,
      @Nullable StorageEngine given,
      StorageOptions options,
      RandomGenerator random) {
    if (config.isClusterKnown()) {
      return config;
    }
    Optional<MetaStore.Identity> owner =
        given == null
            ? FileStorageEngine.owner(config.dataDir(), options)
            : given.meta().identity();
    long cluster =
        owner
            .map(MetaStore.Identity::clusterId)
            .orElseGet(() -> clusterOfNewDisk(config.join(), random));
    return config.withClusterId(cluster);
  }

  private static long clusterOfNewDisk(@Nullable Join join, RandomGenerator random) {
    if (join != null) {
      return Joining.find(join.seeds(), join.timeout()).clusterId();
    }
    long drawn = random.nextLong();
    while (drawn == 0) {
      drawn = random.nextLong();
    }
    return drawn;
  }

  /// Waits until the node is a member, if it is none as far as it knows.
  ///
  /// @return where the members are by their ids, if they had to be asked
  static Map<Integer, String> enter(
      EngineConfig config, Node node, StorageEngine storage, @Nullable Transport transport) {
    Join join = config.join();
    if (join == null || transport == null || node.membership().membership().isMember(node.id())) {
      return Map.of();
    }
    if (!node.membership().membership().equals(Membership.NONE)) {
      return comeBack(join, node, transport);
    }
    NewMember self =
        new NewMember(
            node.id(),
            config.self().address(),
            join.readOnly(),
            storage.meta().incarnation(),
            join.replaces());
    Map<Integer, String> members =
        Joining.join(join.seeds(), node.identity().clusterId(), self, join.timeout()).members();
    return meet(members, node, transport);
  }

  /// A node that was removed does not join again by itself, because somebody starts it as before;
  /// only when it was taken in again meanwhile.
  private static Map<Integer, String> comeBack(Join join, Node node, Transport transport) {
    Map<Integer, String> members = Joining.find(join.seeds(), join.timeout()).members();
    if (!members.containsKey(node.id())) {
      throw new InvalidRequestException(
          "node "
              + node.id()
              + " was removed from its cluster (configuration of index "
              + node.membership().index()
              + "): to join again, start it on an empty directory");
    }
    return meet(members, node, transport);
  }

  private static Map<Integer, String> meet(
      Map<Integer, String> members, Node node, Transport transport) {
    members.forEach(
        (id, address) -> {
          if (id != node.id()) {
            transport.peer(id, address);
          }
        });
    return members;
  }
}
