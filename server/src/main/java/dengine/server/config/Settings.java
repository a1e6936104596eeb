package dengine.server.config;

import dengine.api.ReadPolicy;
import dengine.kv.Limits;
import dengine.raft.RaftOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All settings, in the order of the file.
final class Settings {

  private Settings() {}

  private static final RaftOptions RAFT = RaftOptions.DEFAULT;
  private static final Limits LIMITS = Limits.DEFAULT;
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  static final Setting<Integer> NODE_ID =
      Setting.of("cluster.node_id", new Kinds.Whole(1, Integer.MAX_VALUE), 1, "this node's number");
  static final Setting<Long> CLUSTER_ID =
      Setting.optional(
          "cluster.cluster_id",
          new Kinds.Identity(),
          "the cluster's id; without one it is derived from the initial members");
  static final Setting<HostPort> LISTEN_ADDRESS =
      Setting.of(
          "cluster.listen_address",
          new Kinds.Address(0),
          new HostPort("127.0.0.1", 9081),
          "where this node listens, for peers and clients alike");
  static final Setting<List<ClusterMember>> INITIAL_CLUSTER =
      Setting.optional(
          "cluster.initial_cluster",
          new InitialCluster(),
          "all members, this node included; without it the node is a cluster of its own");
  static final Setting<Path> DB_ROOT_DIR =
      Setting.of("cluster.db_root_dir", new Kinds.Folder(), Path.of("data"), "everything on disk");

  static final Setting<Duration> DEADLINE =
      Setting.of(
          "raft.general_raft_timeout_duration_in_ms",
          new Quantities.Period(MILLISECOND, Duration.ofHours(1)),
          Duration.ofSeconds(5),
          "how long the server works on a request that brings no deadline");
  static final Setting<Duration> ELECTION_TIMEOUT_MIN =
      Setting.of(
          "raft.election.election_timeout_min",
          new Quantities.Period(Duration.ofMillis(10), Duration.ofMinutes(10)),
          RAFT.electionTimeout(),
          "silence of the leader after which a node campaigns, drawn from this to twice this");
  static final Setting<Duration> ELECTION_TIMEOUT_MAX =
      Setting.optional(
          "raft.election.election_timeout_max",
          new Quantities.Period(Duration.ofMillis(11), Duration.ofMinutes(20)),
          "kept for files of the original: more than the minimum; the wait always ends at twice the"
              + " minimum");
  static final Setting<Duration> HEARTBEAT =
      Setting.of(
          "raft.replication.rpc_append_entries_clock_in_ms",
          new Quantities.Period(MILLISECOND, Duration.ofMinutes(5)),
          RAFT.heartbeatInterval(),
          "a leader is heard from at least this often");
  static final Setting<Long> MAX_MESSAGE =
      bytes("raft.replication.max_message_size", RAFT.maxMessageBytes(), "entries in one message");
  static final Setting<Integer> MAX_INFLIGHT_MESSAGES =
      Setting.of(
          "raft.replication.max_inflight_messages",
          new Kinds.Whole(1, 1024),
          RAFT.maxInflightMessages(),
          "unanswered messages per peer");
  static final Setting<Long> MAX_INFLIGHT =
      bytes("raft.replication.max_inflight_size", RAFT.maxInflightBytes(), "unanswered per peer");
  static final Setting<Strategy> STRATEGY =
      Setting.of(
          "raft.persistence.strategy",
          new Kinds.Choice<>(
              names(Map.of(Strategy.DISK_FIRST, "DiskFirst", Strategy.MEM_FIRST, "MemFirst"))),
          Strategy.DISK_FIRST,
          "an acknowledged write is on a quorum's disks, or with its operating systems");
  static final Setting<Duration> FLUSH_INTERVAL =
      Setting.of(
          "raft.persistence.flush_interval",
          new Quantities.Period(MILLISECOND, Duration.ofMinutes(1)),
          Duration.ofMillis(50),
          "with MemFirst, the disk follows within this time");
  static final Setting<ReadPolicy> DEFAULT_POLICY =
      Setting.of(
          "raft.read_consistency.default_policy",
          new Kinds.Choice<>(
              names(
                  Map.of(
                      ReadPolicy.LINEARIZABLE,
                      "LinearizableRead",
                      ReadPolicy.LEASE,
                      "LeaseRead",
                      ReadPolicy.EVENTUAL,
                      "EventualConsistency"))),
          ReadPolicy.LINEARIZABLE,
          "how fresh a read is that does not say so itself");
  static final Setting<Boolean> ALLOW_CLIENT_OVERRIDE =
      Setting.of(
          "raft.read_consistency.allow_client_override",
          new Kinds.YesNo(),
          true,
          "whether a read may ask for another policy");
  static final Setting<Double> CLOCK_DRIFT_BOUND =
      Setting.of(
          "raft.read_consistency.clock_drift_bound",
          new Kinds.Fraction(0, 0.5),
          RAFT.clockDriftBound(),
          "how much faster one clock may run than another; leases are shorter by this part");
  static final Setting<Integer> MAX_PENDING_READS =
      Setting.of(
          "raft.backpressure.max_pending_reads",
          new Kinds.Whole(1, 100_000_000),
          RAFT.maxPendingReads(),
          "linearizable reads waiting for their quorum");
  static final Setting<Long> MAX_UNAPPLIED =
      bytes("raft.backpressure.max_unapplied_size", RAFT.maxUnappliedBytes(), "not yet applied");
  static final Setting<Long> MAX_TAIL =
      bytes("raft.backpressure.max_tail_size", RAFT.maxTailBytes(), "recent entries in memory");
  static final Setting<Long> MAX_APPLY =
      bytes("raft.backpressure.max_apply_size", RAFT.maxApplyBytes(), "in one batch to apply");

  static final Setting<Long> MAX_KEY =
      limit("max_key_size", Limits.LONGEST_KEY, LIMITS.maxKeyBytes(), "a key");
  static final Setting<Long> MAX_VALUE =
      limit("max_value_size", Limits.LONGEST_VALUE, LIMITS.maxValueBytes(), "a value");
  static final Setting<Long> MAX_REQUEST =
      limit("max_request_size", 1L << 29, LIMITS.maxRequestBytes(), "a request, all it carries");
  static final Setting<Integer> MAX_KEYS_PER_READ =
      Setting.of(
          "limits.max_keys_per_read",
          new Kinds.Whole(1, 1_000_000),
          LIMITS.maxKeysPerRead(),
          "most keys that one read may ask for");

  /// Every setting, in the order of the file.
  static final List<Setting<?>> ALL =
      List.of(
          NODE_ID,
          CLUSTER_ID,
          LISTEN_ADDRESS,
          INITIAL_CLUSTER,
          DB_ROOT_DIR,
          DEADLINE,
          ELECTION_TIMEOUT_MIN,
          ELECTION_TIMEOUT_MAX,
          HEARTBEAT,
          MAX_MESSAGE,
          MAX_INFLIGHT_MESSAGES,
          MAX_INFLIGHT,
          STRATEGY,
          FLUSH_INTERVAL,
          DEFAULT_POLICY,
          ALLOW_CLIENT_OVERRIDE,
          CLOCK_DRIFT_BOUND,
          MAX_PENDING_READS,
          MAX_UNAPPLIED,
          MAX_APPLY,
          MAX_TAIL,
          MAX_KEY,
          MAX_VALUE,
          MAX_REQUEST,
          MAX_KEYS_PER_READ);

  /// The setting of this name.
  static Optional<Setting<?>> named(String key) {
    return ALL.stream().filter(setting -> setting.key().equals(key)).findFirst();
  }

  private static Setting<Long> bytes(String key, long standard, String what) {
    return Setting.of(key, new Quantities.Size(1L << 10, 1L << 30), standard, "most bytes " + what);
  }

  private static Setting<Long> limit(String name, long largest, long standard, String what) {
    return Setting.of(
        "limits." + name, new Quantities.Size(1, largest), standard, "largest size of " + what);
  }

  private static <E extends Enum<E>> EnumMap<E, String> names(Map<E, String> names) {
    return new EnumMap<>(names);
  }
}
