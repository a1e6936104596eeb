package dengine.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dengine.api.ReadPolicy;
import dengine.engine.SnapshotOptions;
import dengine.engine.SnapshotPolicy;
import dengine.kv.Limits;
import dengine.kv.watch.WatchLimits;
import dengine.raft.RaftOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerConfigTest {

  @TempDir Path folder;

  @Test
  void withoutAnyInputTheNodeIsAClusterOfItsOwn() {
    ServerConfig config = ServerConfig.defaults();

    assertThat(config.nodeId()).isEqualTo(1);
    assertThat(config.listenAddress()).hasToString("127.0.0.1:9081");
    assertThat(config.members())
        .containsExactly(new ClusterMember(1, new HostPort("127.0.0.1", 9081), false));
    assertThat(config.dataDir()).isEqualTo(Path.of("data"));
    assertThat(config.raft()).isEqualTo(RaftOptions.DEFAULT);
    assertThat(config.limits()).isEqualTo(Limits.DEFAULT);
    assertThat(config.strategy()).isEqualTo(Strategy.DISK_FIRST);
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void aFileOfTheOriginalMeansTheSameHere() throws IOException {
    Path file =
        write(
            """
            [cluster]
            node_id = 2
            listen_address = "127.0.0.1:9082"
            initial_cluster = [
              { id = 1, name = "n1", address = "127.0.0.1:9081", role = 1, status = 3 },
              { id = 2, name = "n2", address = "127.0.0.1:9082", role = 3, status = 3 },
              { id = 4, name = "n4", address = "127.0.0.1:9084", role = 4, status = 1 },
            ]
            db_root_dir = "./db/2"

            [raft]
            general_raft_timeout_duration_in_ms = 1500

            [raft.election]
            election_timeout_min = 500
            election_timeout_max = 1000

            [raft.replication]
            rpc_append_entries_clock_in_ms = 50

            [raft.persistence]
            strategy = "MemFirst"

            [raft.read_consistency]
            default_policy = "LeaseRead"
            allow_client_override = false
            """);

    ServerConfig config = ServerConfig.builder().file(file).build();

    assertThat(config.nodeId()).isEqualTo(2);
    assertThat(config.members())
        .extracting(ClusterMember::id, ClusterMember::learner)
        .containsExactly(tuple(1, false), tuple(2, false), tuple(4, true));
    assertThat(config.dataDir()).isEqualTo(Path.of("./db/2"));
    assertThat(config.defaultDeadline()).isEqualTo(Duration.ofMillis(1500));
    assertThat(config.raft().electionTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.raft().heartbeatInterval()).isEqualTo(Duration.ofMillis(50));
    assertThat(config.strategy()).isEqualTo(Strategy.MEM_FIRST);
    assertThat(config.defaultReadPolicy()).isEqualTo(ReadPolicy.LEASE);
    assertThat(config.allowClientOverride()).isFalse();
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void durationsAndSizesTakeUnits() throws IOException {
    Path file =
        write(
            """
            [cluster]
            cluster_id = "c0ffee"
            [raft.election]
            election_timeout_min = "1.5s"
            [raft.persistence]
            flush_interval = "20ms"
            [raft.backpressure]
            max_unapplied_size = "128MiB"
            max_tail_size = 2048
            [limits]
            max_value_size = "500 KB"
            """);

    ServerConfig config = ServerConfig.builder().file(file).build();

    assertThat(config.clusterId()).isEqualTo(OptionalLong.of(0xc0ffee));
    assertThat(config.raft().electionTimeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(config.flushInterval()).isEqualTo(Duration.ofMillis(20));
    assertThat(config.raft().maxUnappliedBytes()).isEqualTo(128L << 20);
    assertThat(config.raft().maxTailBytes()).isEqualTo(2048);
    assertThat(config.limits().maxValueBytes()).isEqualTo(500_000);
  }

  @Test
  void theProgramWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
    Path file = write("cluster.listen_address = \"127.0.0.1:1\"\ncluster.db_root_dir = \"a\"");

    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.listen_address", "127.0.0.1:3", "--listen")
            .environment(
                Map.of(
                    "DENGINE__CLUSTER__LISTEN_ADDRESS", "127.0.0.1:2",
                    "DENGINE__CLUSTER__DB_ROOT_DIR", "b",
                    "DENGINE__RAFT__PERSISTENCE__STRATEGY", " ",
                    "DENGINE_ENDPOINTS", "is none of ours"))
            .file(file)
            .build();

    assertThat(config.listenAddress()).hasToString("127.0.0.1:3");
    assertThat(config.dataDir()).isEqualTo(Path.of("b"));
    assertThat(config.effective())
        .filteredOn(setting -> setting.key().startsWith("cluster."))
        .extracting(EffectiveSetting::key, setting -> setting.origin().toString())
        .contains(
            tuple("cluster.node_id", "default"),
            tuple("cluster.listen_address", "--listen"),
            tuple("cluster.db_root_dir", "environment variable DENGINE__CLUSTER__DB_ROOT_DIR"));
  }

  @Test
  void membersFitIntoOneVariableOfTheOriginalsName() {
    ServerConfig config =
        ServerConfig.builder()
            .environment(
                Map.of(
                    "RAFT__CLUSTER__NODE_ID",
                    "2",
                    "RAFT__CLUSTER__INITIAL_CLUSTER",
                    "1=n1:9081, 2=[::1]:9082, 3=n3:9083:learner"))
            .build();

    assertThat(ServerConfig.text(config.members()))
        .isEqualTo("1=n1:9081,2=[::1]:9082,3=n3:9083:learner");
  }

  @Test
  void whatIsPrintedAsEffectiveCanBeReadAgain() throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.node_id", "3")
            .set("cluster.cluster_id", "beef")
            .set("cluster.initial_cluster", "1=a:1,3=b:2,4=c:3:learner")
            .set("raft.election.election_timeout_min", "90s")
            .set("limits.max_key_size", "3000")
            .build();
    StringBuilder text = new StringBuilder();
    config.effective().stream()
        .filter(setting -> !setting.toml().isEmpty())
        .forEach(s -> text.append(s.key()).append(" = ").append(s.toml()).append('\n'));

    ServerConfig again = ServerConfig.builder().file(write(text.toString())).build();

    assertThat(again.effective())
        .extracting(EffectiveSetting::key, EffectiveSetting::toml)
        .isEqualTo(config.effective().stream().map(s -> tuple(s.key(), s.toml())).toList());
  }

  @Test
  void anElectionMaximumThatHasNoEffectIsSaid() {
    ServerConfig config =
        ServerConfig.builder()
            .set("raft.election.election_timeout_min", "500")
            .set("raft.election.election_timeout_max", "800")
            .build();

    assertThat(config.warnings())
        .singleElement()
        .asString()
        .isEqualTo(
            "the program: raft.election.election_timeout_max = \"800ms\" has no effect: waits are"
                + " drawn from election_timeout_min to twice that, \"1s\"");
  }

  @Test
  void snapshotsAndPromotionFollowTheSettings() {
    ServerConfig config =
        ServerConfig.builder()
            .set("raft.learner_catchup_threshold", "10")
            .set("raft.membership.odd_voters", "false")
            .set("raft.snapshot.max_log_entries_before_snapshot", "1000")
            .set("raft.snapshot.max_log_size_before_snapshot", "1MiB")
            .set("raft.snapshot.max_age", "10m")
            .set("raft.snapshot.cleanup_retain_count", "3")
            .set("raft.snapshot.retained_log_entries", "7")
            .set("raft.snapshot.retained_log_size", "2MiB")
            .set("raft.snapshot.write_rate", "1MiB")
            .set("raft.snapshot.chunk_size", "64KiB")
            .set("raft.snapshot.max_bandwidth_mbps", "8")
            .build();

    assertThat(config.raft().promotionLag()).isEqualTo(10);
    assertThat(config.raft().oddVoters()).isFalse();
    assertThat(config.snapshots())
        .isEqualTo(
            SnapshotOptions.DEFAULT
                .withPolicy(
                    SnapshotPolicy.firstOf(
                        new SnapshotPolicy.Entries(1000),
                        new SnapshotPolicy.Bytes(1 << 20),
                        new SnapshotPolicy.Age(Duration.ofMinutes(10))))
                .withRetention(3, 7, 2 << 20)
                .withWriting(1 << 20)
                .withTransfer(1_000_000, 64 << 10, SnapshotOptions.DEFAULT.piecesInFlight()));
    assertThat(ServerConfig.builder().set("raft.snapshot.enable", "false").build().snapshots())
        .isEqualTo(SnapshotOptions.DEFAULT.withPolicy(SnapshotPolicy.onDemand()));
    assertThat(ServerConfig.defaults().snapshots()).isEqualTo(SnapshotOptions.DEFAULT);
  }

  @Test
  void watchesFollowTheSettings() {
    ServerConfig config =
        ServerConfig.builder()
            .set("raft.watch.event_queue_size", "1000")
            .set("raft.watch.event_queue_bytes", "1MiB")
            .set("raft.watch.watcher_buffer_size", "10")
            .set("raft.watch.watcher_buffer_bytes", "64KiB")
            .set("raft.watch.max_watcher_count", "7")
            .set("raft.watch.heartbeat_interval_ms", "0")
            .build();

    assertThat(config.watch())
        .isEqualTo(new WatchLimits(1000, 1 << 20, 10, 64 << 10, 7, Duration.ZERO));
    assertThat(ServerConfig.defaults().watch()).isEqualTo(WatchLimits.DEFAULT);
  }

  @Test
  void aNodeThatJoinsHasSeeds() {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.node_id", "4")
            .set("cluster.listen_address", "0.0.0.0:9081")
            .set("cluster.initial_cluster", "4=n4:9081")
            .set("cluster.join", "n1:9081, n2:9081")
            .set("cluster.join_replaces", "3")
            .set("cluster.join_timeout", "1m")
            .build();

    assertThat(config.join())
        .isEqualTo(
            new JoinSettings(
                List.of(new HostPort("n1", 9081), new HostPort("n2", 9081)),
                false,
                3,
                Duration.ofMinutes(1)));
    assertThat(ServerConfig.defaults().join()).isNull();
  }

  @Test
  void limitsBeyondWhatALogHoldsAreRefused() {
    assertThatThrownBy(() -> ServerConfig.builder().set("limits.max_value_size", "33MiB").build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("limits.max_value_size")
        .hasMessageContaining("32MiB");
    assertThatThrownBy(() -> ServerConfig.builder().set("limits.max_request_size", "33MiB").build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("limits.max_request_size")
        .hasMessageContaining("32MiB");
    assertThat(
            ServerConfig.builder()
                .set("limits.max_value_size", "31MiB")
                .set("limits.max_request_size", "32MiB")
                .build()
                .limits()
                .maxRequestBytes())
        .isEqualTo(Limits.LARGEST_REQUEST);
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThatThrownBy(
            () ->
                ServerConfig.builder()
                    .set("cluster.node_id", "0")
                    .set("cluster.listen_address", "nowhere")
                    .build())
        .isInstanceOfSatisfying(ConfigException.class, e -> assertThat(e.problems()).hasSize(2));
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("dengine.toml"), text);
  }
}
