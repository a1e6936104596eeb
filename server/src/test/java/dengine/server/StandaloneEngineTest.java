package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.Bytes;
import dengine.api.ClusterMember;
import dengine.api.ClusterMembership;
import dengine.api.ReadPolicy;
import dengine.embedded.EmbeddedEngine;
import dengine.engine.spi.StorageException;
import dengine.server.config.ServerConfig;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StandaloneEngineTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;

  @Test
  void aNodeThatIsAloneServesAtTheAddressItTells() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      server.engine().waitReady(LONG);

      server.engine().client().put("greeting", "hello");

      assertThat(server.engine().client().get("greeting").orElseThrow().text()).isEqualTo("hello");
      assertThat(server.engine().leader()).get().extracting("address").isEqualTo(server.address());
      assertThat(server.address()).startsWith("127.0.0.1:").doesNotEndWith(":0");
    }
  }

  @Test
  void aNodeThatFoundsAClusterAloneIsReachedWhereItSays() {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .set("cluster.initial_cluster", "1=first.example:9081")
            .build();

    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      server.engine().waitReady(LONG);

      assertThat(server.engine().admin().members())
          .extracting(ClusterMember::address)
          .containsExactly("first.example:9081");
    }
  }

  @Test
  void nodesJoinAServerThroughAnyMemberAndGetVotes() throws Exception {
    try (StandaloneEngine first = StandaloneEngine.start(config("127.0.0.1:0"))) {
      first.engine().waitReady(LONG);
      first.engine().client().put("greeting", "hello");
      CompletableFuture<ClusterMembership> three = new CompletableFuture<>();
      var _ =
          first
              .engine()
              .admin()
              .watchMembership(
                  now -> {
                    if (now.members().stream().filter(StandaloneEngineTest::votes).count() == 3) {
                      three.complete(now);
                    }
                  });

      try (StandaloneEngine second = StandaloneEngine.start(joining(2, first.address()));
          StandaloneEngine third = StandaloneEngine.start(joining(3, second.address()))) {
        ClusterMembership members = three.get(LONG.toSeconds(), TimeUnit.SECONDS);
        third.engine().waitReady(LONG);

        assertThat(members.members())
            .extracting(ClusterMember::address)
            .containsExactly(first.address(), second.address(), third.address());
        assertThat(third.engine().config().effectiveClusterId())
            .isEqualTo(first.engine().config().effectiveClusterId());
        assertThat(third.engine().client().get(Bytes.of("greeting"), ReadPolicy.EVENTUAL))
            .isPresent();
      }
    }
  }

  private static boolean votes(ClusterMember member) {
    return member.standing() == ClusterMember.Standing.VOTER;
  }

  private ServerConfig joining(int id, String seed) {
    return ServerConfig.builder()
        .set("cluster.node_id", Integer.toString(id))
        .set("cluster.listen_address", "127.0.0.1:0")
        .set("cluster.join", seed)
        .set("cluster.db_root_dir", folder.resolve("node-" + id).toString())
        .build();
  }

  @Test
  void healthSaysWhetherTheNodeServes() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      ManagedChannel channel =
          NettyChannelBuilder.forTarget(server.address()).usePlaintext().build();
      try {
        Iterator<HealthCheckResponse> answers =
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(LONG.toSeconds(), TimeUnit.SECONDS)
                .watch(HealthCheckRequest.getDefaultInstance());
        ServingStatus status = answers.next().getStatus();
        while (status != ServingStatus.SERVING) {
          status = answers.next().getStatus();
        }

        assertThat(status).isEqualTo(ServingStatus.SERVING);
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void aNodeThatIsAloneKeepsItsDataWhenItsAddressChangesOrItMovesIntoAnApplication() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      server.engine().waitReady(LONG);
      server.engine().client().put("greeting", "hello");
    }

    try (StandaloneEngine server = StandaloneEngine.start(config("localhost:0"))) {
      server.engine().waitReady(LONG);
      assertThat(server.engine().client().get("greeting")).isPresent();
    }
    try (EmbeddedEngine engine = EmbeddedEngine.start(folder)) {
      engine.waitReady(LONG);
      assertThat(engine.client().get("greeting")).isPresent();
    }
  }

  @Test
  void twoNodesThatFoundClustersAloneFoundTwoClusters() {
    ServerConfig other =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.resolve("other").toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine one = StandaloneEngine.start(config("127.0.0.1:0"));
        StandaloneEngine two = StandaloneEngine.start(other)) {
      assertThat(one.engine().node().identity().clusterId())
          .isNotEqualTo(two.engine().node().identity().clusterId());
    }
  }

  @Test
  void aPortThatIsTakenIsNamedAndTheDataStaysUnlocked() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      ServerConfig same =
          ServerConfig.builder()
              .set("cluster.db_root_dir", folder.resolve("other").toString())
              .set("cluster.listen_address", server.address())
              .build();

      assertThatThrownBy(() -> StandaloneEngine.start(same))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("cannot listen on " + server.address());
    }
  }

  @Test
  void aDataFolderInUseIsRefusedAndThePortReleased() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      assertThat(server.engine().nodeId()).isEqualTo(1);

      assertThatThrownBy(() -> StandaloneEngine.start(config("127.0.0.1:0")))
          .isInstanceOf(StorageException.Locked.class);
    }
  }

  @Test
  void closingTwiceIsNoErrorAndEndsTheWaiting() {
    StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"));

    server.close();
    server.close();

    server.awaitTermination();
    assertThat(server.terminated()).isCompleted();
  }

  @Test
  void metricsTellWhatTheNodeDoes() {
    try (StandaloneEngine server = StandaloneEngine.start(config("127.0.0.1:0"))) {
      server.engine().waitReady(LONG);
      server.engine().client().put("greeting", "hello");

      assertThat(server.scrapeMetrics())
          .contains("dengine_raft_leading{node=\"1\"} 1.0")
          .containsPattern("dengine_raft_applied_index\\{node=\"1\"} [1-9]")
          .contains("dengine_engine_calls{node=\"1\"} ", "dengine_log_unwritten{node=\"1\"} ")
          .containsPattern("dengine_raft_tail_bytes\\{node=\"1\"} [1-9]")
          .containsPattern("dengine_log_fsync_seconds_count\\{node=\"1\"} [1-9]");
    }
  }

  private ServerConfig config(String listen) {
    return ServerConfig.builder()
        .set("cluster.db_root_dir", folder.toString())
        .set("cluster.listen_address", listen)
        .build();
  }
}
