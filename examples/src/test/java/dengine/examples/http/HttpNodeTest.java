package dengine.examples.http;

import static org.assertj.core.api.Assertions.assertThat;

import dengine.testkit.cluster.Cluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes, and what a load balancer in front of them sees.
@Timeout(120)
final class HttpNodeTest {

  @TempDir Path folder;

  private final Map<Integer, URI> addresses = new TreeMap<>();
  private final Map<Integer, HttpNode> nodes = new TreeMap<>();
  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final HttpClient straight = HttpClient.newHttpClient();
  private Cluster cluster;

  @BeforeEach
  void start() throws IOException {
    cluster = Cluster.of(3).start(folder);
    for (int id = 1; id <= 3; id++) {
      addresses.put(id, URI.create("http://127.0.0.1:" + freePort()));
    }
  }

  private void serve(HttpNode.Follower follower) throws IOException {
    for (int id = 1; id <= 3; id++) {
      nodes.put(id, new HttpNode(cluster.engine(id), follower, addresses));
    }
  }

  @AfterEach
  void stop() {
    nodes.values().forEach(HttpNode::close);
    cluster.close();
  }

  private HttpResponse<String> answer(int node, String path) {
    HttpRequest request = HttpRequest.newBuilder(addresses.get(node).resolve(path)).build();
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString()).join();
  }

  private int get(int node, String path) {
    return answer(node, path).statusCode();
  }

  private String read(int node, String key) {
    return answer(node, "/kv/" + key).body();
  }

  private HttpResponse<String> put(HttpClient by, int node, String value)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(addresses.get(node).resolve("/kv/k"))
            .PUT(HttpRequest.BodyPublishers.ofString(value))
            .build();
    return by.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /// Where a balancer would send writes: to whom its last checks found to be the primary.
  private int primary() {
    Cluster.await("a primary", () -> primaryNow().isPresent());
    return primaryNow().orElseGet(this::primary);
  }

  private Optional<Integer> primaryNow() {
    return nodes.keySet().stream().filter(node -> get(node, "/primary") == 200).findFirst();
  }

  @Test
  void aBalancerFindsTheOneThatTakesWritesAlsoAfterItHasDied() throws Exception {
    serve(HttpNode.Follower.REFUSES);
    int first = primary();
    assertThat(get(first, "/replica")).isEqualTo(503);
    int other = first % 3 + 1;
    Cluster.await("another node to follow", () -> get(other, "/replica") == 200);
    assertThat(get(other, "/primary")).isEqualTo(503);
    assertThat(put(http, first, "1").statusCode()).isEqualTo(204);

    nodes.remove(first).close();
    cluster.crash(first);
    int second = primary();

    assertThat(put(http, second, "2").statusCode()).isEqualTo(204);
    int follower = 6 - first - second;
    Cluster.await("it to be everywhere", () -> read(follower, "k").equals("2"));
  }

  @Test
  void whoDoesNotLeadSaysWhoDoes() throws Exception {
    serve(HttpNode.Follower.REFUSES);
    int leader = primary();
    HttpResponse<String> refused = put(http, leader % 3 + 1, "1");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Leader")).contains(Integer.toString(leader));
    assertThat(get(leader, "/kv/k")).isEqualTo(404);
  }

  @Test
  void whoeverAsksTheWrongNodeIsSentToTheRightOne() throws Exception {
    serve(HttpNode.Follower.REDIRECTS);
    int leader = primary();
    int other = leader % 3 + 1;

    HttpResponse<String> redirect = put(straight, other, "1");
    assertThat(redirect.statusCode()).isEqualTo(307);
    assertThat(redirect.headers().firstValue("Location"))
        .contains(addresses.get(leader).resolve("/kv/k").toString());

    assertThat(put(http, other, "1").statusCode()).isEqualTo(204);
    assertThat(read(leader, "k")).isEqualTo("1");
  }

  @Test
  void whatIsTooLargeOrNotUnderstoodIsSaidSo() throws Exception {
    serve(HttpNode.Follower.REFUSES);
    int leader = primary();

    assertThat(put(http, leader, "x".repeat(70_000)).statusCode()).isEqualTo(413);
    assertThat(get(leader, "/kv/")).isEqualTo(400);
    assertThat(get(leader, "/other")).isEqualTo(404);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
