package dengine.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dengine.api.NodeState;
import dengine.server.config.ConfigException;
import dengine.server.config.ServerConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a node answers to probes, load balancers and scrapers.
@Timeout(120)
final class HttpEndpointsTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<StandaloneEngine> servers = new ArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(StandaloneEngine::close);
    http.close();
  }

  @Test
  void aNodeThatIsAloneIsReadyAndThePrimary() throws Exception {
    StandaloneEngine server = start(1, config(1));
    server.engine().waitReady(LONG);

    assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
    HttpResponse<String> ready = get(server, "/readyz");
    assertThat(ready.statusCode()).isEqualTo(200);
    assertThat(ready.body()).startsWith("phase=serving role=leader term=").contains("leader=1");
    assertThat(get(server, "/primary").statusCode()).isEqualTo(200);
    assertThat(get(server, "/replica").statusCode()).isEqualTo(503);
    HttpResponse<String> metrics = get(server, "/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body())
        .contains("dengine_raft_leading{node=\"1\"} 1.0", "dengine_node_serving{node=\"1\"} 1.0");
    assertThat(metrics.headers().firstValue("Content-Type").orElseThrow())
        .isEqualTo("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void oneOfThreeIsThePrimaryTheOthersAreReplicasAndALeaderWithoutAMajorityIsNeither()
      throws Exception {
    List<String> addresses = List.of(freeAddress(), freeAddress(), freeAddress());
    for (int id = 1; id <= 3; id++) {
      start(id, three(id, addresses));
    }
    servers.forEach(server -> server.engine().waitReady(LONG));
    int leader = servers.getFirst().engine().waitReady(LONG).id();
    servers.get(leader - 1).engine().lifecycle().await(NodeState::isLeader, LONG);

    for (int id = 1; id <= 3; id++) {
      StandaloneEngine server = servers.get(id - 1);
      assertThat(get(server, "/primary").statusCode()).isEqualTo(id == leader ? 200 : 503);
      assertThat(get(server, "/replica").statusCode()).isEqualTo(id == leader ? 503 : 200);
      assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
    }

    for (int id = 1; id <= 3; id++) {
      if (id != leader) {
        servers.get(id - 1).close();
      }
    }
    StandaloneEngine left = servers.get(leader - 1);
    left.engine().lifecycle().await(now -> !now.isServing(), LONG);
    assertThat(get(left, "/primary").statusCode()).isEqualTo(503);
    assertThat(get(left, "/readyz").statusCode()).isEqualTo(503);
    assertThat(get(left, "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void aNodeThatWaitsForTheOthersIsAliveAndNotReady() throws Exception {
    StandaloneEngine server =
        start(1, three(1, List.of(freeAddress(), "127.0.0.1:1", "127.0.0.1:2")));

    assertThat(get(server, "/livez").statusCode()).isEqualTo(200);
    HttpResponse<String> ready = get(server, "/readyz");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body()).startsWith("phase=waiting");
    assertThat(get(server, "/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void aPathThatIsNoneIsToldWhichThereAre() throws Exception {
    StandaloneEngine server = start(1, config(1));

    HttpResponse<String> none = get(server, "/readyz/more");

    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("/livez /metrics /primary /readyz /replica");
  }

  @Test
  void onlyGetAndHeadAreAnswered() throws Exception {
    StandaloneEngine server = start(1, config(1));
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(server, "/livez"));

    HttpResponse<String> head =
        http.send(request.HEAD().build(), HttpResponse.BodyHandlers.ofString());
    HttpResponse<String> delete =
        http.send(request.DELETE().build(), HttpResponse.BodyHandlers.ofString());

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(delete.statusCode()).isEqualTo(405);
    assertThat(delete.headers().firstValue("Allow")).contains("GET, HEAD");
  }

  @Test
  void thePortIsReleasedWhenTheNodeIsClosed() throws Exception {
    StandaloneEngine server = start(1, config(1));
    URI probe = uri(server, "/livez");

    server.close();

    assertThatThrownBy(
            () ->
                http.send(
                    HttpRequest.newBuilder(probe).build(), HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(ConnectException.class);
  }

  @Test
  void aPortThatIsTakenIsNamedAndNothingIsStarted() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      ServerConfig config = config(1).set("monitoring.http_address", address).build();

      assertThatThrownBy(() -> StandaloneEngine.start(config))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("cannot listen on " + address)
          .hasMessageContaining("monitoring.http_address");
    }
  }

  @Test
  void theAddressOfTheNodeItselfIsRefused() {
    assertThatThrownBy(
            () ->
                config(1)
                    .set("cluster.listen_address", "127.0.0.1:9081")
                    .set("monitoring.http_address", "127.0.0.1:9081")
                    .build())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is listen_address already");
  }

  @Test
  void withoutAnAddressNothingListens() {
    ServerConfig config =
        ServerConfig.builder()
            .set("cluster.db_root_dir", folder.toString())
            .set("cluster.listen_address", "127.0.0.1:0")
            .build();
    try (StandaloneEngine server = StandaloneEngine.start(config)) {
      assertThat(server.httpAddress()).isEmpty();
    }
  }

  private StandaloneEngine start(int id, dengine.server.config.ServerConfigBuilder config) {
    StandaloneEngine server = StandaloneEngine.start(config.build());
    assertThat(server.engine().nodeId()).isEqualTo(id);
    servers.add(server);
    return server;
  }

  private dengine.server.config.ServerConfigBuilder config(int id) {
    return ServerConfig.builder()
        .set("cluster.node_id", Integer.toString(id))
        .set("cluster.db_root_dir", folder.resolve("node-" + id).toString())
        .set("cluster.listen_address", "127.0.0.1:0")
        .set("monitoring.http_address", "127.0.0.1:0");
  }

  private dengine.server.config.ServerConfigBuilder three(int id, List<String> addresses) {
    String members =
        List.of(1, 2, 3).stream()
            .map(each -> each + "=" + addresses.get(each - 1))
            .collect(Collectors.joining(","));
    return config(id)
        .set("cluster.listen_address", addresses.get(id - 1))
        .set("cluster.initial_cluster", members);
  }

  private HttpResponse<String> get(StandaloneEngine server, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(server, path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static URI uri(StandaloneEngine server, String path) {
    return URI.create("http://" + server.httpAddress().orElseThrow() + path);
  }

  private static String freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
