package dengine.server.config;

import dengine.api.ReadPolicy;
import dengine.engine.SnapshotOptions;
import dengine.kv.Limits;
import dengine.kv.watch.WatchLimits;
import dengine.raft.RaftOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Everything a server is told, checked. `docs/configuration.md` describes each setting.
///
/// @param nodeId this node's number
/// @param clusterId the cluster's id, if not to be derived from the members
/// @param listenAddress where peers and clients are received
/// @param members all members, this node included
/// @param dataDir where everything on disk goes
/// @param raft limits and periods of the core
/// @param strategy when a node may say that it has an entry
/// @param flushInterval with [Strategy#MEM_FIRST], the disk follows within this time
/// @param defaultReadPolicy how fresh a read is that does not say so itself
/// @param allowClientOverride whether a read may ask for another policy
/// @param defaultDeadline how long the server works on a request that brings no deadline
/// @param limits what a request may ask for
/// @param snapshots when snapshots are taken, what is kept beside them, how they are sent
/// @param watch what is kept and done for those who watch keys
/// @param join how the node gets into a cluster that is there; null if it founds one with
///     `members`, which otherwise are this node alone
/// @param stateMachine where keys and values are kept
/// @param httpAddress where HTTP is answered about health and metrics; empty for nowhere
/// @param effective every setting with its value and where that comes from
/// @param warnings lines about settings that are accepted and have no effect
public record ServerConfig(
    int nodeId,
    OptionalLong clusterId,
    HostPort listenAddress,
    List<ClusterMember> members,
    Path dataDir,
    RaftOptions raft,
    Strategy strategy,
    Duration flushInterval,
    ReadPolicy defaultReadPolicy,
    boolean allowClientOverride,
    Duration defaultDeadline,
    Limits limits,
    SnapshotOptions snapshots,
    WatchLimits watch,
    @Nullable JoinSettings join,
    StateMachineKind stateMachine,
    Optional<HostPort> httpAddress,
    List<EffectiveSetting> effective,
    List<String> warnings) {

  public ServerConfig {
    members = List.copyOf(members);
    effective = List.copyOf(effective);
    warnings = List.copyOf(warnings);
  }

  /// The defaults: a cluster of one in `./data` at `127.0.0.1:9081`.
  public static ServerConfig defaults() {
    return builder().build();
  }

  /// A file with the variables of this process over it.
  ///
  /// @throws ConfigException if anything in them is wrong
  public static ServerConfig load(Path file) {
    return builder().file(file).environment(System.getenv()).build();
  }

  /// Layers: defaults, then a file, then the environment, then what the program says.
  public static ServerConfigBuilder builder() {
    return new ServerConfigBuilder();
  }

  /// The variable that sets a key: `DENGINE__CLUSTER__NODE_ID` for `cluster.node_id`.
  public static String variable(String key) {
    return Environment.variable(key);
  }

  /// The members as one text, as the environment and `--initial-cluster` take it.
  public static String text(List<ClusterMember> members) {
    return InitialCluster.text(members);
  }
}
