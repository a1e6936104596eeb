package dengine.embedded;

import dengine.api.NewMember;
import dengine.engine.Node;
import dengine.engine.spi.MetaStore;
import dengine.engine.spi.StorageEngine;
import dengine.engine.spi.Transport;
import dengine.grpc.Joining;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Brings a node into a cluster that is there: finds out which one it is, before anything is
/// written, and asks to be taken in once the node runs and can answer.
final class Entrance {

  private Entrance() {}

  /// The same configuration with the number of the cluster: the one the data belongs to, or the one
  /// the members belong to.
  static EngineConfig locate(
      EngineConfig config, @Nullable StorageEngine given, StorageOptions options) {
    Join join = config.join();
    if (join == null || config.clusterId().isPresent()) {
      return config;
    }
    Optional<MetaStore.Identity> owner =
        given == null
            ? FileStorageEngine.owner(config.dataDir(), options)
            : given.meta().identity();
    long cluster =
        owner
            .map(MetaStore.Identity::clusterId)
            .orElseGet(() -> Joining.find(join.seeds(), join.timeout()).clusterId());
    return config.withClusterId(cluster);
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
    NewMember self =
        new NewMember(
            node.id(),
            config.self().address(),
            join.readOnly(),
            storage.meta().incarnation(),
            join.replaces());
    Map<Integer, String> members =
        Joining.join(join.seeds(), node.identity().clusterId(), self, join.timeout()).members();
    members.forEach(
        (id, address) -> {
          if (id != node.id()) {
            transport.peer(id, address);
          }
        });
    return members;
  }
}
