package dengine.server;

import dengine.embedded.EngineConfig;
import dengine.embedded.Join;
import dengine.embedded.MemberAddress;
import dengine.engine.Persistence;
import dengine.server.config.HostPort;
import dengine.server.config.JoinSettings;
import dengine.server.config.ServerConfig;
import java.util.List;
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
        config.clusterId(),
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
        config.watch(),
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
        config.watch(),
        config.join());
  }
}
