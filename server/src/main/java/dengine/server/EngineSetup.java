package dengine.server;

import dengine.embedded.EngineConfig;
import dengine.embedded.Join;
import dengine.embedded.MemberAddress;
import dengine.engine.Persistence;
import dengine.engine.spi.MetaStore;
import dengine.server.config.HostPort;
import dengine.server.config.JoinSettings;
import dengine.server.config.ServerConfig;
import dengine.storage.FileStorageEngine;
import dengine.storage.StorageOptions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A server's configuration as the engine takes it.
final class EngineSetup {

  private EngineSetup() {}

  static EngineConfig of(ServerConfig config) {
    List<MemberAddress> members =
        config.members().stream()
            .map(m -> new MemberAddress(m.id(), m.address().toString(), m.learner()))
            .toList();
    return new EngineConfig(
        config.nodeId(),
        clusterId(config),
        members,
        config.dataDir(),
        config.raft(),
        switch (config.strategy()) {
          case DISK_FIRST -> new Persistence.DiskFirst();
          case MEM_FIRST -> new Persistence.MemFirst(config.flushInterval());
        },
        config.limits(),
        config.defaultReadPolicy(),
        config.allowClientOverride(),
        config.defaultDeadline(),
        config.snapshots(),
        join(config.join()));
  }

  private static @Nullable Join join(@Nullable JoinSettings settings) {
    return settings == null
        ? null
        : new Join(
            settings.seeds().stream().map(HostPort::toString).toList(),
            settings.readOnly(),
            settings.replaces(),
            settings.timeout());
  }

  /// The same with the address at which a node that is alone was found to listen: it may have asked
  /// for any free port, and clients are told this address. One that says where it is reached is
  /// reached there: its address goes into the log, and those who join use it.
  static EngineConfig reachableAt(ServerConfig server, EngineConfig config, String address) {
    boolean asked = server.members().getFirst().address().equals(server.listenAddress());
    if (config.members().size() > 1 || !asked) {
      return config;
    }
    return new EngineConfig(
        config.nodeId(),
        OptionalLong.of(config.effectiveClusterId()),
        List.of(MemberAddress.voter(config.nodeId(), address)),
        config.dataDir(),
        config.raft(),
        config.persistence(),
        config.limits(),
        config.defaultReadPolicy(),
        config.allowClientOverride(),
        config.deadline(),
        config.snapshots(),
        config.join());
  }

  // A node that is alone may move: its data does not belong to an address, and is the same that
  // EmbeddedEngine.start(Path) would use.
  private static OptionalLong clusterId(ServerConfig config) {
    if (config.clusterId().isPresent() || config.members().size() > 1 || config.join() != null) {
      return config.clusterId();
    }
    // One that joined before, or was restored or recovered, belongs to the cluster its data is of.
    Optional<MetaStore.Identity> owner =
        FileStorageEngine.owner(config.dataDir(), StorageOptions.DEFAULT)
            .filter(known -> known.nodeId() == config.nodeId());
    if (owner.isPresent()) {
      return OptionalLong.of(owner.get().clusterId());
    }
    List<MemberAddress> alone = List.of(MemberAddress.voter(config.nodeId(), ""));
    EngineConfig embedded = EngineConfig.of(config.nodeId(), alone, config.dataDir());
    return OptionalLong.of(embedded.effectiveClusterId());
  }
}
