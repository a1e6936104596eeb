package dengine.embedded;

import dengine.api.ReadPolicy;
import dengine.engine.Persistence;
import dengine.engine.SnapshotOptions;
import dengine.kv.Limits;
import dengine.kv.watch.WatchLimits;
import dengine.raft.Membership;
import dengine.raft.RaftOptions;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How an engine is set up: `EngineConfig.of(dir)` for a node that is alone, then `with…` what
/// differs.
///
/// @param nodeId this node's number, at least 1
/// @param clusterId the cluster's number, not 0. If absent: of a node that is alone, the one its
///     data is of, or a random one on a new disk; of one that joins, its cluster's; otherwise
///     derived from the members, so that nodes that were configured alike find together and others
///     are refused
/// @param members all who found the cluster, this node included, each with its own id. Once it is
///     founded its members are those its log says
/// @param dataDir where log and identity are kept
/// @param raft timing and limits of the algorithm
/// @param persistence what an acknowledgement rests on
/// @param limits largest keys, values and requests
/// @param defaultReadPolicy policy of reads over the network that do not ask for one
/// @param allowClientOverride whether clients may choose another policy
/// @param deadline longest time a call may take unless it says otherwise
/// @param snapshots when snapshots are taken, what is kept beside them, and how they are sent
/// @param watch what is kept and done for those who watch keys
/// @param join how the node gets into a cluster that is there; null for one that founds a cluster
///     with the other members, or alone. With it, `members` are this node alone, with its address
public record EngineConfig(
    int nodeId,
    OptionalLong clusterId,
    List<MemberAddress> members,
    Path dataDir,
    RaftOptions raft,
    Persistence persistence,
    Limits limits,
    ReadPolicy defaultReadPolicy,
    boolean allowClientOverride,
    Duration deadline,
    SnapshotOptions snapshots,
    WatchLimits watch,
    @Nullable Join join) {

  /// Longest time a call may take unless it says otherwise.
  public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(5);

  public EngineConfig {
    members = members.stream().sorted(Comparator.comparingInt(MemberAddress::id)).toList();
    Set<Integer> ids = new HashSet<>();
    for (MemberAddress member : members) {
      if (!ids.add(member.id())) {
        throw new IllegalArgumentException("members: id " + member.id() + " appears twice");
      }
    }
    if (!ids.contains(nodeId)) {
      throw new IllegalArgumentException("nodeId = " + nodeId + " is not among the members " + ids);
    }
    if (join != null && (members.size() != 1 || members.getFirst().address().isEmpty())) {
      throw new IllegalArgumentException(
          "members = " + members + ", permitted with join: this node alone, with its address");
    }
    if (clusterId.isPresent() && clusterId.getAsLong() == 0) {
      throw new IllegalArgumentException("clusterId = 0, permitted: any other number");
    }
    if (deadline.isNegative() || deadline.isZero()) {
      throw new IllegalArgumentException("deadline = " + deadline + ", permitted: > 0");
    }
  }

  /// A node that is alone, with the defaults.
  public static EngineConfig of(Path dataDir) {
    return of(1, List.of(MemberAddress.voter(1, "")), dataDir);
  }

  /// A member of a cluster, with the defaults.
  public static EngineConfig of(int nodeId, List<MemberAddress> members, Path dataDir) {
    return new EngineConfig(
        nodeId,
        OptionalLong.empty(),
        members,
        dataDir,
        RaftOptions.DEFAULT,
        new Persistence.DiskFirst(),
        Limits.DEFAULT,
        ReadPolicy.LINEARIZABLE,
        true,
        DEFAULT_DEADLINE,
        SnapshotOptions.DEFAULT,
        WatchLimits.DEFAULT,
        null);
  }

  /// The same in the cluster of this number.
  public EngineConfig withClusterId(long id) {
    return new EngineConfig(
        nodeId,
        OptionalLong.of(id),
        members,
        dataDir,
        raft,
        persistence,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        snapshots,
        watch,
        join);
  }

  /// The same with other timing and limits of the algorithm.
  public EngineConfig withRaft(RaftOptions options) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        options,
        persistence,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        snapshots,
        watch,
        join);
  }

  /// The same with another meaning of an acknowledgement.
  public EngineConfig withPersistence(Persistence strategy) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        strategy,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        snapshots,
        watch,
        join);
  }

  /// The same with other limits of requests.
  public EngineConfig withLimits(Limits other) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        persistence,
        other,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        snapshots,
        watch,
        join);
  }

  /// The same with another policy for reads over the network that do not ask for one.
  public EngineConfig withReadPolicy(ReadPolicy policy, boolean clientsMayOverride) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        persistence,
        limits,
        policy,
        clientsMayOverride,
        deadline,
        snapshots,
        watch,
        join);
  }

  /// The same with another default deadline.
  public EngineConfig withDeadline(Duration longest) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        persistence,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        longest,
        snapshots,
        watch,
        join);
  }

  /// The same with other rules for snapshots.
  public EngineConfig withSnapshots(SnapshotOptions options) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        persistence,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        options,
        watch,
        join);
  }

  /// The same with other bounds for those who watch keys.
  public EngineConfig withWatch(WatchLimits bounds) {
    return new EngineConfig(
        nodeId,
        clusterId,
        members,
        dataDir,
        raft,
        persistence,
        limits,
        defaultReadPolicy,
        allowClientOverride,
        deadline,
        snapshots,
        bounds,
        join);
  }

  /// A node that joins a cluster that is there, with the defaults.
  ///
  /// @param address where the other members reach this node, `host:port`
  public static EngineConfig joining(int nodeId, String address, Join join, Path dataDir) {
    return new EngineConfig(
        nodeId,
        OptionalLong.empty(),
        List.of(MemberAddress.voter(nodeId, address)),
        dataDir,
        RaftOptions.DEFAULT,
        new Persistence.DiskFirst(),
        Limits.DEFAULT,
        ReadPolicy.LINEARIZABLE,
        true,
        DEFAULT_DEADLINE,
        SnapshotOptions.DEFAULT,
        WatchLimits.DEFAULT,
        join);
  }

  /// Whether this configuration says which cluster it is about, without a look at the disk.
  boolean isClusterKnown() {
    return clusterId.isPresent() || (join == null && members.size() > 1);
  }

  /// The cluster's number: the configured one, or the one derived from the members' ids and
  /// addresses.
  ///
  /// @throws IllegalStateException for a node that is alone or joins, if no number is configured:
  ///     its data says, or a member. [EmbeddedEngine#located] finds out, and
  ///     [EmbeddedEngine#config] of a node that was started has it
  public long effectiveClusterId() {
    if (!isClusterKnown()) {
      throw new IllegalStateException(
          "the number of this cluster is not configured; the node's data or a member of the cluster"
              + " has it: EmbeddedEngine.located finds out");
    }
    if (clusterId.isPresent()) {
      return clusterId.getAsLong();
    }
    StringBuilder text = new StringBuilder();
    for (MemberAddress member : members) {
      text.append(member.id()).append('@').append(member.address()).append('\n');
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.toString().getBytes(StandardCharsets.UTF_8));
      long id = ByteBuffer.wrap(hash).getLong();
      return id == 0 ? 1 : id;
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java platform has it
    }
  }

  /// This node's own entry.
  public MemberAddress self() {
    return members.stream().filter(member -> member.id() == nodeId).findFirst().orElseThrow();
  }

  /// The configuration as the algorithm knows it: nobody on a node that is to join.
  public Membership membership() {
    if (join != null) {
      return Membership.NONE;
    }
    TreeMap<Integer, Membership.Member> details = new TreeMap<>();
    members.forEach(m -> details.put(m.id(), new Membership.Member(m.address(), 0, false, 0)));
    return new Membership(
        members.stream().filter(m -> !m.learner()).map(MemberAddress::id).toList(),
        List.of(),
        members.stream().filter(MemberAddress::learner).map(MemberAddress::id).toList(),
        List.of(),
        details);
  }
}
