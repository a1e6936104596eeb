package dengine.server.config;

import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import dengine.kv.Limits;
import dengine.kv.watch.WatchLimits;
import dengine.raft.RaftOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Puts a [ServerConfig] together. Whatever the order of the calls: the program's settings win over
/// the environment, that over the file, that over the defaults. Owned by one thread.
public final class ServerConfigBuilder {

  private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::");
  private static final long BYTES_PER_MEGABIT = 125_000;

  private final List<String> problems = new ArrayList<>();
  private Layer file = new Layer();
  private Layer environment = new Layer();
  private final Layer program = new Layer();

  ServerConfigBuilder() {}

  /// Takes settings from a file in TOML.
  public ServerConfigBuilder file(Path path) {
    file = ConfigFile.read(path, problems);
    return this;
  }

  /// Takes settings from environment variables `DENGINE__SECTION__KEY`.
  public ServerConfigBuilder environment(Map<String, String> variables) {
    environment = Environment.read(variables, problems);
    return this;
  }

  /// Sets one value.
  ///
  /// @param key its name in the file, with dots: `cluster.node_id`
  /// @param value as text, in the form the file or the environment has it
  public ServerConfigBuilder set(String key, String value) {
    return set(key, value, "the program");
  }

  /// Sets one value on behalf of somebody.
  ///
  /// @param by who says so, for messages: `--listen`
  public ServerConfigBuilder set(String key, String value, String by) {
    Origin origin = new Origin.InProgram(by);
    if (Settings.named(key).isEmpty()) {
      problems.add(Layer.unknown(origin, key));
    } else {
      program.put(key, value, origin);
    }
    return this;
  }

  /// The configuration.
  ///
  /// @throws ConfigException if anything is wrong, with all problems and not only the first
  public ServerConfig build() {
    Resolved values = new Resolved(List.of(file, environment, program), problems);
    List<ClusterMember> members = members(values);
    checkTogether(values, members);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return new ServerConfig(
        values.get(Settings.NODE_ID),
        values.optional(Settings.CLUSTER_ID).map(OptionalLong::of).orElse(OptionalLong.empty()),
        values.get(Settings.LISTEN_ADDRESS),
        members,
        values.get(Settings.DB_ROOT_DIR),
        raft(values),
        values.get(Settings.STRATEGY),
        values.get(Settings.FLUSH_INTERVAL),
        values.get(Settings.DEFAULT_POLICY),
        values.get(Settings.ALLOW_CLIENT_OVERRIDE),
        values.get(Settings.DEADLINE),
        limits(values),
        snapshots(values),
        watch(values),
        join(values),
        values.get(Settings.STATE_MACHINE),
        values.optional(Settings.HTTP_ADDRESS),
        values.effective(),
        warnings(values));
  }

  private static List<ClusterMember> members(Resolved values) {
    return values
        .optional(Settings.INITIAL_CLUSTER)
        .orElseGet(
            () ->
                List.of(
                    new ClusterMember(
                        values.get(Settings.NODE_ID), values.get(Settings.LISTEN_ADDRESS), false)));
  }

  private static void checkTogether(Resolved values, List<ClusterMember> members) {
    int self = values.get(Settings.NODE_ID);
    checkHttp(values);
    checkJoin(values, members, self);
    if (members.stream().noneMatch(member -> member.id() == self)) {
      values.contradicts(Settings.NODE_ID, noMember(values, members, self));
    } else if (members.stream().allMatch(ClusterMember::learner)) {
      values.reject(Settings.INITIAL_CLUSTER, "no member has a vote");
    }
    Duration election = values.get(Settings.ELECTION_TIMEOUT_MIN);
    if (values.get(Settings.HEARTBEAT).compareTo(election) >= 0) {
      values.reject(
          Settings.HEARTBEAT, "must be less than election_timeout_min = " + shown(values));
    }
    if (values
        .optional(Settings.ELECTION_TIMEOUT_MAX)
        .filter(m -> m.compareTo(election) <= 0)
        .isPresent()) {
      values.reject(
          Settings.ELECTION_TIMEOUT_MAX,
          "must be more than election_timeout_min = " + shown(values));
    }
    if (values.get(Settings.MAX_REQUEST)
        < values.get(Settings.MAX_KEY) + values.get(Settings.MAX_VALUE)) {
      values.reject(
          Settings.MAX_REQUEST,
          "a request must hold one key and one value of the largest sizes (max_key_size +"
              + " max_value_size)");
    }
  }

  private static String noMember(Resolved values, List<ClusterMember> members, int self) {
    String ids =
        members.stream().map(m -> String.valueOf(m.id())).collect(Collectors.joining(" or "));
    return "is none of the members that "
        + values.origin(Settings.INITIAL_CLUSTER)
        + ": "
        + Settings.INITIAL_CLUSTER.key()
        + " has, "
        + InitialCluster.text(members)
        + "; set "
        + Settings.NODE_ID.key()
        + " to "
        + ids
        + ", or add the member "
        + self
        + "=host:port there, on every node";
  }

  private static void checkHttp(Resolved values) {
    HostPort grpc = values.get(Settings.LISTEN_ADDRESS);
    if (grpc.port() != 0
        && values.optional(Settings.HTTP_ADDRESS).filter(grpc::equals).isPresent()) {
      values.reject(Settings.HTTP_ADDRESS, "is listen_address already; take another port");
    }
  }

  private static void checkJoin(Resolved values, List<ClusterMember> members, int self) {
    if (values.optional(Settings.JOIN).isEmpty()) {
      return;
    }
    if (members.size() > 1) {
      values.reject(
          Settings.JOIN,
          "a node that joins has no initial members but itself; remove the others from"
              + " initial_cluster");
    } else if (WILDCARDS.contains(members.getFirst().address().host())) {
      values.reject(
          Settings.JOIN,
          "nobody reaches this node at "
              + members.getFirst().address()
              + "; say where with initial_cluster = \""
              + self
              + "=host:port\"");
    }
    if (values.get(Settings.JOIN_REPLACES) == self) {
      values.reject(Settings.JOIN_REPLACES, "a node does not replace itself");
    }
    if (values.get(Settings.JOIN_READ_ONLY) && values.get(Settings.JOIN_REPLACES) != 0) {
      values.reject(
          Settings.JOIN_REPLACES, "a read-only node never gets a vote and takes nobody's place");
    }
  }

  private static String shown(Resolved values) {
    return Settings.ELECTION_TIMEOUT_MIN.kind().toml(values.get(Settings.ELECTION_TIMEOUT_MIN));
  }

  private static RaftOptions raft(Resolved values) {
    return new RaftOptions(
        values.get(Settings.ELECTION_TIMEOUT_MIN),
        values.get(Settings.HEARTBEAT),
        values.get(Settings.CLOCK_DRIFT_BOUND),
        Math.toIntExact(values.get(Settings.MAX_MESSAGE)),
        values.get(Settings.MAX_INFLIGHT_MESSAGES),
        Math.toIntExact(values.get(Settings.MAX_INFLIGHT)),
        values.get(Settings.MAX_UNAPPLIED),
        values.get(Settings.MAX_TAIL),
        Math.toIntExact(values.get(Settings.MAX_APPLY)),
        values.get(Settings.MAX_PENDING_READS),
        values.get(Settings.CATCHUP_THRESHOLD),
        values.get(Settings.ODD_VOTERS));
  }

  private static SnapshotOptions snapshots(Resolved values) {
    SnapshotPolicy policy =
        values.get(Settings.SNAPSHOTS)
            ? SnapshotPolicy.firstOf(
                new SnapshotPolicy.Entries(values.get(Settings.SNAPSHOT_ENTRIES)),
                new SnapshotPolicy.Bytes(values.get(Settings.SNAPSHOT_BYTES)),
                new SnapshotPolicy.Age(values.get(Settings.SNAPSHOT_AGE)))
            : SnapshotPolicy.onDemand();
    return SnapshotOptions.DEFAULT
        .withPolicy(policy)
        .withRetention(
            values.get(Settings.SNAPSHOT_RETAIN),
            values.get(Settings.RETAINED_ENTRIES),
            values.get(Settings.RETAINED_BYTES))
        .withWriting(values.get(Settings.WRITE_RATE))
        .withTransfer(
            values.get(Settings.MAX_BANDWIDTH) * BYTES_PER_MEGABIT,
            Math.toIntExact(values.get(Settings.CHUNK_SIZE)),
            SnapshotOptions.DEFAULT.piecesInFlight());
  }

  private static WatchLimits watch(Resolved values) {
    return new WatchLimits(
        values.get(Settings.WATCH_HISTORY),
        values.get(Settings.WATCH_HISTORY_BYTES),
        values.get(Settings.WATCH_BUFFER),
        values.get(Settings.WATCH_BUFFER_BYTES),
        values.get(Settings.MAX_WATCHERS),
        values.get(Settings.WATCH_HEARTBEAT));
  }

  private static @Nullable JoinSettings join(Resolved values) {
    return values
        .optional(Settings.JOIN)
        .map(
            seeds ->
                new JoinSettings(
                    seeds,
                    values.get(Settings.JOIN_READ_ONLY),
                    values.get(Settings.JOIN_REPLACES),
                    values.get(Settings.JOIN_TIMEOUT)))
        .orElse(null);
  }

  private static Limits limits(Resolved values) {
    return new Limits(
        Math.toIntExact(values.get(Settings.MAX_KEY)),
        Math.toIntExact(values.get(Settings.MAX_VALUE)),
        Math.toIntExact(values.get(Settings.MAX_REQUEST)),
        values.get(Settings.MAX_KEYS_PER_READ));
  }

  private static List<String> warnings(Resolved values) {
    Duration twice = values.get(Settings.ELECTION_TIMEOUT_MIN).multipliedBy(2);
    return values
        .optional(Settings.ELECTION_TIMEOUT_MAX)
        .filter(max -> !max.equals(twice))
        .map(
            max ->
                values.origin(Settings.ELECTION_TIMEOUT_MAX)
                    + ": "
                    + Settings.ELECTION_TIMEOUT_MAX.key()
                    + " = "
                    + Settings.ELECTION_TIMEOUT_MAX.kind().toml(max)
                    + " has no effect: waits are drawn from election_timeout_min to twice that, "
                    + Settings.ELECTION_TIMEOUT_MAX.kind().toml(twice))
        .map(List::of)
        .orElse(List.of());
  }
}
