package dengine.server.config;

import dengine.api.ReadPolicy;
import dengine.api.WatchOptions;
import dengine.engine.SnapshotOptions;
import dengine.kv.Limits;
import dengine.kv.watch.WatchLimits;
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
  private static final SnapshotOptions SNAPSHOT = SnapshotOptions.DEFAULT;
  private static final Limits LIMITS = Limits.DEFAULT;
  private static final WatchLimits WATCH = WatchLimits.DEFAULT;
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  static final Setting<Integer> NODE_ID =
      Setting.of("cluster.node_id", new Kinds.Whole(1, Integer.MAX_VALUE), 1, "this node's number");
  static final Setting<Long> CLUSTER_ID =
      Setting.optional(
          "cluster.cluster_id",
          new Kinds.Identity(),
          "the cluster's id; without one it is derived from the initial members, and random for a"
              + " node that is alone");
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
  static final Setting<List<HostPort>> JOIN =
      Setting.optional(
          "cluster.join",
          new Addresses(),
          "members of a cluster that this node joins, any of them will do; without them it"
              + " founds one"
              + " with the initial members");
  static final Setting<Boolean> JOIN_READ_ONLY =
      Setting.of(
          "cluster.join_read_only",
          new Kinds.YesNo(),
          false,
          "whether a node that joins stays a learner for ever");
  static final Setting<Integer> JOIN_REPLACES =
      Setting.of(
          "cluster.join_replaces",
          new Kinds.Whole(0, Integer.MAX_VALUE),
          0,
          "a member that leaves when the node that joins gets its vote; 0 for none");
  static final Setting<Duration> JOIN_TIMEOUT =
      Setting.of(
          "cluster.join_timeout",
          new Quantities.Period(Duration.ofMillis(100), Duration.ofHours(1)),
          Duration.ofSeconds(30),
          "within this time a member must have taken the node in, or it does not start");
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
          "a leader is heard from at least this often; less than election_timeout_min");
  static final Setting<Long> MAX_MESSAGE =
      bytes(
          "raft.replication.max_message_size",
          RAFT.maxMessageBytes(),
          "of entries in one message to a peer");
  static final Setting<Integer> MAX_INFLIGHT_MESSAGES =
      Setting.of(
          "raft.replication.max_inflight_messages",
          new Kinds.Whole(1, 1024),
          RAFT.maxInflightMessages(),
          "most unanswered messages per peer");
  static final Setting<Long> MAX_INFLIGHT =
      bytes(
          "raft.replication.max_inflight_size",
          RAFT.maxInflightBytes(),
          "of unanswered entries per peer");
  static final Setting<Strategy> STRATEGY =
      Setting.of(
          "raft.persistence.strategy",
          new Kinds.Choice<>(
              names(Map.of(Strategy.DISK_FIRST, "DiskFirst", Strategy.MEM_FIRST, "MemFirst"))),
          Strategy.DISK_FIRST,
          "an acknowledged write is on a quorum's disks, or with its operating systems");
  static final Setting<StateMachineKind> STATE_MACHINE =
      Setting.of(
          "storage.state_machine",
          new Kinds.Choice<>(
              names(
                  Map.of(StateMachineKind.MEMORY, "memory", StateMachineKind.ROCKSDB, "rocksdb"))),
          StateMachineKind.MEMORY,
          "where keys and values are kept; members of one cluster may differ");
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
          "most linearizable reads that wait for their quorum; one more is refused");
  static final Setting<Long> MAX_UNAPPLIED =
      bytes(
          "raft.backpressure.max_unapplied_size",
          RAFT.maxUnappliedBytes(),
          "not yet applied; beyond it a leader refuses writes");
  static final Setting<Long> MAX_TAIL =
      bytes(
          "raft.backpressure.max_tail_size",
          RAFT.maxTailBytes(),
          "of recent entries kept in memory for slow followers");
  static final Setting<Long> MAX_APPLY =
      bytes("raft.backpressure.max_apply_size", RAFT.maxApplyBytes(), "in one batch to apply");

  static final Setting<Long> CATCHUP_THRESHOLD =
      Setting.of(
          "raft.learner_catchup_threshold",
          new Quantities.Count(0, 1_000_000_000_000L),
          RAFT.promotionLag(),
          "a learner that is at most so many entries behind gets a vote");
  static final Setting<Boolean> ODD_VOTERS =
      Setting.of(
          "raft.membership.odd_voters",
          new Kinds.YesNo(),
          RAFT.oddVoters(),
          "whether learners wait until their votes make the number of voters odd");
  static final Setting<Boolean> SNAPSHOTS =
      Setting.of(
          "raft.snapshot.enable",
          new Kinds.YesNo(),
          true,
          "whether snapshots are taken without being asked for");
  static final Setting<Long> SNAPSHOT_ENTRIES =
      Setting.of(
          "raft.snapshot.max_log_entries_before_snapshot",
          new Quantities.Count(1, 1_000_000_000_000L),
          100_000L,
          "a snapshot is taken after so many entries");
  static final Setting<Long> SNAPSHOT_BYTES =
      Setting.of(
          "raft.snapshot.max_log_size_before_snapshot",
          new Quantities.Size(1 << 10, 1L << 40),
          256L << 20,
          "or after entries of this size");
  static final Setting<Duration> SNAPSHOT_AGE =
      Setting.of(
          "raft.snapshot.max_age",
          new Quantities.Period(Duration.ofSeconds(1), Duration.ofDays(3650)),
          Duration.ofHours(1),
          "or after this time, if anything was applied");
  static final Setting<Integer> SNAPSHOT_RETAIN =
      Setting.of(
          "raft.snapshot.cleanup_retain_count",
          new Kinds.Whole(1, 1000),
          SNAPSHOT.retainCount(),
          "how many snapshots are kept");
  static final Setting<Long> RETAINED_ENTRIES =
      Setting.of(
          "raft.snapshot.retained_log_entries",
          new Quantities.Count(0, 1_000_000_000_000L),
          SNAPSHOT.retainedLogEntries(),
          "most entries that the log keeps before the newest snapshot, for nodes that come back");
  static final Setting<Long> RETAINED_BYTES =
      Setting.of(
          "raft.snapshot.retained_log_size",
          new Quantities.Size(0, 1L << 40),
          SNAPSHOT.retainedLogBytes(),
          "and most bytes of them");
  static final Setting<Long> WRITE_RATE =
      Setting.of(
          "raft.snapshot.write_rate",
          new Quantities.Size(64 << 10, 1L << 40),
          SNAPSHOT.writeBytesPerSecond(),
          "bytes per second at which a snapshot is written as long as the next one is not due");
  static final Setting<Long> CHUNK_SIZE =
      Setting.of(
          "raft.snapshot.chunk_size",
          new Quantities.Size(1 << 10, 1 << 20),
          (long) SNAPSHOT.pieceBytes(),
          "size of the pieces in which a snapshot travels");
  static final Setting<Integer> MAX_BANDWIDTH =
      Setting.of(
          "raft.snapshot.max_bandwidth_mbps",
          new Kinds.Whole(0, 1_000_000),
          0,
          "megabits per second at which this node sends snapshots, to all together; 0 for as"
              + " fast as they are read");

  static final Setting<Integer> WATCH_HISTORY =
      Setting.of(
          "raft.watch.event_queue_size",
          new Kinds.Whole(1, WatchLimits.LARGEST_HISTORY),
          WATCH.historySize(),
          "most changes kept for those who watch and are behind, or start in the past");
  static final Setting<Long> WATCH_HISTORY_BYTES =
      Setting.of(
          "raft.watch.event_queue_bytes",
          new Quantities.Size(1, 1L << 40),
          WATCH.historyBytes(),
          "and most bytes of them");
  static final Setting<Integer> WATCH_BUFFER =
      Setting.of(
          "raft.watch.watcher_buffer_size",
          new Kinds.Whole(1, WatchOptions.LARGEST_BUFFER),
          WATCH.bufferSize(),
          "most events that wait for one watch; beyond it the watch is canceled");
  static final Setting<Long> WATCH_BUFFER_BYTES =
      Setting.of(
          "raft.watch.watcher_buffer_bytes",
          new Quantities.Size(1, 1L << 40),
          WATCH.bufferBytes(),
          "and most bytes of them, if there is more than one");
  static final Setting<Integer> MAX_WATCHERS =
      Setting.of(
          "raft.watch.max_watcher_count",
          new Kinds.Whole(0, Integer.MAX_VALUE),
          WATCH.maxWatchers(),
          "most watches at a time; one more is refused");
  static final Setting<Duration> WATCH_HEARTBEAT =
      Setting.of(
          "raft.watch.heartbeat_interval_ms",
          new Quantities.Period(Duration.ZERO, Duration.ofDays(1)),
          WATCH.progressInterval(),
          "about how often a watch is told that it is alive; 0 for never");

  static final Setting<Long> MAX_KEY =
      limit("max_key_size", Limits.LONGEST_KEY, LIMITS.maxKeyBytes(), "a key");
  static final Setting<Long> MAX_VALUE =
      limit("max_value_size", Limits.LARGEST_REQUEST, LIMITS.maxValueBytes(), "a value");
  static final Setting<Long> MAX_REQUEST =
      limit(
          "max_request_size",
          Limits.LARGEST_REQUEST,
          LIMITS.maxRequestBytes(),
          "a request, all it carries");
  static final Setting<Integer> MAX_KEYS_PER_READ =
      Setting.of(
          "limits.max_keys_per_read",
          new Kinds.Whole(1, 1_000_000),
          LIMITS.maxKeysPerRead(),
          "most keys that one read may ask for");

  static final Setting<HostPort> HTTP_ADDRESS =
      Setting.optional(
          "monitoring.http_address",
          new Kinds.Address(0),
          "where the node answers HTTP about its health and its metrics; without it, nowhere");

  /// Every setting, in the order of the file. Those of one table together: a table may be opened
  /// once in a file.
  static final List<Setting<?>> ALL =
      List.of(
          NODE_ID,
          CLUSTER_ID,
          LISTEN_ADDRESS,
          INITIAL_CLUSTER,
          JOIN,
          JOIN_READ_ONLY,
          JOIN_REPLACES,
          JOIN_TIMEOUT,
          DB_ROOT_DIR,
          DEADLINE,
          CATCHUP_THRESHOLD,
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
          ODD_VOTERS,
          SNAPSHOTS,
          SNAPSHOT_ENTRIES,
          SNAPSHOT_BYTES,
          SNAPSHOT_AGE,
          SNAPSHOT_RETAIN,
          RETAINED_ENTRIES,
          RETAINED_BYTES,
          WRITE_RATE,
          CHUNK_SIZE,
          MAX_BANDWIDTH,
          WATCH_HISTORY,
          WATCH_HISTORY_BYTES,
          WATCH_BUFFER,
          WATCH_BUFFER_BYTES,
          MAX_WATCHERS,
          WATCH_HEARTBEAT,
          STATE_MACHINE,
          MAX_KEY,
          MAX_VALUE,
          MAX_REQUEST,
          MAX_KEYS_PER_READ,
          HTTP_ADDRESS);

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
