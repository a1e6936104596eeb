package dengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.api.Bytes;
import dengine.api.Client;
import dengine.api.Watch;
import dengine.api.WatchOptions;
import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.embedded.MemberAddress;
import dengine.server.StandaloneEngine;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands against a server over the network.
final class RealServerTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Shell shell = new Shell();
  private StandaloneEngine server;

  @BeforeEach
  void start() {
    server =
        StandaloneEngine.start(
            ServerConfig.builder()
                .set("cluster.db_root_dir", folder.resolve("data").toString())
                .set("cluster.listen_address", "127.0.0.1:0")
                .set("monitoring.http_address", "127.0.0.1:0")
                .set("limits.max_value_size", "1KiB")
                .build());
    server.engine().waitReady(LONG);
    shell.connector = new GrpcConnector();
    shell.environment.put("DENGINE_ENDPOINTS", server.address());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void everyStoreCommandDoesItsWork() {
    assertThat(shell.run("put", "user/1", "Ada")).isZero();
    assertThat(shell.run("cas", "user/2", "Grace", "--absent")).isZero();
    assertThat(shell.run("cas", "user/2", "Hopper", "--expect", "Ada")).isEqualTo(1);
    assertThat(shell.run("get", "user/1", "user/2", "--policy", "lease")).isZero();
    assertThat(shell.out).isEqualTo("Ada\nGrace\n");
    assertThat(shell.run("delete", "user/1")).isZero();
    assertThat(shell.run("get", "user/1", "-p", "eventual")).isEqualTo(1);
    assertThat(shell.run("scan", "user/", "-o", "value", "--keys")).isZero();
    assertThat(shell.out).isEqualTo("user/2\n");
  }

  @Test
  void aValueOverTheServersLimitIsRefusedWithTheLimit() {
    // one that a request holds, and one that no request of this server does
    for (int size : new int[] {1025, 5 << 20}) {
      shell.input = new byte[size];

      assertThat(shell.run("put", "k", "-")).isEqualTo(3);

      assertThat(shell.err)
          .isEqualTo(
              "dengine: refused: value bytes = "
                  + size
                  + ", permitted: 0 to 1024 (limits.max_value_size)\n");
    }
    assertThat(shell.run("put", "k".repeat(5000), "v")).isEqualTo(3);
    assertThat(shell.err).contains("key bytes = 5000, permitted: 1 to 4096 (limits.max_key_size)");

    shell.input = new byte[1025];
    assertThat(shell.run("put", "k".repeat(5000), "-")).isEqualTo(3);
    assertThat(shell.err).contains("key bytes = 5000");
    assertThat(shell.run("cas", "k", "v", "--expect", "x".repeat(1025))).isEqualTo(3);
    assertThat(shell.err).contains("expected bytes = 1025, permitted: 0 to 1024");
  }

  @Test
  void aTransferThatCannotBeSaysWhyAndOneThatNeedNotBeSaysSo() {
    assertThat(shell.run("transfer", "1", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("1\n");
    assertThat(shell.err).isEqualTo("dengine: node 1 leads already\n");

    assertThat(shell.run("transfer", "7")).isEqualTo(3);
    assertThat(shell.err)
        .isEqualTo("dengine: refused: node 7 is no member of the cluster; the voters are 1\n");
    assertThat(shell.run("transfer")).isEqualTo(3);
    assertThat(shell.err).contains("node 1 is the only voter");
  }

  @Test
  void aWatchOfThePastWithPreviousValuesIsRefusedForTheValuesAndNotForTheHistory() {
    assertThat(shell.run("put", "k", "v", "-o", "value")).isZero();
    String revision = shell.out.strip();

    assertThat(shell.run("watch", "k", "--from", revision, "--prev")).isEqualTo(3);

    long next = Long.parseLong(revision) + 1;
    assertThat(shell.err)
        .startsWith(
            "dengine: refused: from revision = %s with previous values, permitted: >= %d; "
                .formatted(revision, next))
        .contains("watch without previous values")
        .doesNotContain("gone");
    assertThat(shell.run("watch", "k", "--from", revision, "-n", "1")).isZero();
  }

  @Test
  void statusShowsTheNode() {
    assertThat(shell.run("status")).isZero();

    assertThat(shell.out).containsPattern("1 +" + server.address() + " +leader +1 +");
  }

  @Test
  void lifecycleShowsWhoLeads() {
    assertThat(shell.run("lifecycle", "--ready", "--timeout", "30s")).isZero();
    assertThat(shell.out).contains("serving     node 1  leader     term 1  leader 1 at ");
    assertThat(shell.run("lifecycle", "--all", "--ready", "-o", "value")).isZero();
    assertThat(shell.out).isEqualTo("1\n");
  }

  @Test
  void topShowsWhatTheNodeHasAndDoes() {
    assertThat(shell.run("top", "--count", "1")).isZero();
    assertThat(shell.out).containsPattern(server.address() + " +leader .* none +0 +0 +-\n");

    server.engine().admin().createSnapshot();
    try (Client client = shell.connector.connect(List.of(server.address()), LONG);
        Watch _ = client.watchPrefix(Bytes.of("/"), WatchOptions.DEFAULT)) {
      assertThat(shell.run("top", "--count", "1", "-o", "json")).isZero();
    }

    assertThat(shell.out)
        .containsPattern("\"log_entries\":[1-9]")
        .containsPattern("\"snapshot_index\":[1-9]")
        .containsPattern("\"snapshot_bytes\":[1-9]")
        .contains("\"watches\":1", "\"requests_per_second\":null");
  }

  @Test
  void aServerThatIsGoneIsUnavailable() {
    server.close();

    assertThat(shell.run("get", "k", "--timeout", "500ms")).isEqualTo(5);
    assertThat(shell.err).hasLineCount(1).contains(server.address() + " (DENGINE_ENDPOINTS)");
    assertThat(shell.run("status", "--timeout", "500ms")).isEqualTo(5);
    assertThat(shell.out).contains("unreachable (no connection)");
  }

  @Test
  void theAddressForHttpIsCalledWhatItIs() {
    String http = server.httpAddress().orElseThrow();

    assertThat(shell.run("get", "k", "-e", http, "--timeout", "2s")).isEqualTo(5);
    assertThat(shell.err)
        .contains(http + ": answers, but not in gRPC: it may be the address for HTTP");
    assertThat(shell.run("status", "-e", http, "--timeout", "10s")).isEqualTo(5);
    assertThat(shell.out).contains("unreachable (answers, but not in gRPC");
  }

  @Test
  void anEmbeddedEngineShowsItsStatusAndServesNoClients() throws IOException {
    String address = Shell.freeAddress();
    EngineConfig config =
        EngineConfig.of(1, List.of(MemberAddress.voter(1, address)), folder.resolve("embedded"));
    try (EmbeddedEngine engine = EmbeddedEngine.start(config)) {
      engine.waitReady(LONG);
      assertThat(shell.run("status", "-e", address, "-o", "value")).isZero();
      assertThat(shell.out).isEqualTo(address + "\n");
      assertThat(shell.run("get", "k", "-e", address, "--timeout", "500ms")).isEqualTo(5);
      assertThat(shell.err).contains("serves no clients: it is an embedded engine");
    }
  }

  @Test
  void benchMeasuresBothWaysAndEmbedded() {
    String[] brief = {"bench", "-s", "1", "--warm-up", "0", "-c", "4", "-k", "50", "-o", "json"};

    assertThat(shell.run(brief)).isZero();
    assertThat(shell.out)
        .contains("\"ops\":\"put\"")
        .containsPattern("\"succeeded\":[1-9]")
        .containsPattern("\"fsync_per_second\":[1-9]")
        .contains("\"p99.9\":");
    assertThat(shell.run(with(brief, "--unary", "--ops", "mixed"))).isZero();
    assertThat(shell.run(with(brief, "--embedded", folder.resolve("own").toString()))).isZero();
    assertThat(shell.run("bench", "-s", "1", "--warm-up", "0", "--ops", "get", "-k", "9")).isZero();
    assertThat(shell.out).contains("latency p99.9").contains("disk alone");
    assertThat(shell.run("bench", "-c", "0")).isEqualTo(2);
    assertThat(shell.err).isEqualTo("dengine: --clients = 0, permitted: 1 to 10000\n");
  }

  private static String[] with(String[] arguments, String... more) {
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return all;
  }
}
