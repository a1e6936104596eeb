package dengine.client;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dengine.api.ClusterUnavailableException;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// What a client says when nobody serves it.
final class UnreachableTest {

  private static final Duration DEADLINE = Duration.ofSeconds(1);

  @Test
  void serverWithoutClientServicesIsCalledWhatItIs() throws IOException {
    Server peersOnly =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build()
            .start();
    try (GrpcClient client =
        GrpcClient.builder("127.0.0.1:" + peersOnly.getPort()).deadline(DEADLINE).connect()) {
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining("no node could be reached within 1000 ms")
          .hasMessageContaining("127.0.0.1:" + peersOnly.getPort())
          .hasMessageContaining("serves no clients: it is an embedded engine");
    } finally {
      peersOnly.shutdownNow();
    }
  }

  @Test
  void aServerThatSpeaksHttpIsCalledWhatItIs() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.start();
    String address = "127.0.0.1:" + http.getAddress().getPort();
    try (GrpcClient client = GrpcClient.builder(address).deadline(DEADLINE).connect()) {
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining(
              address + ": answers, but not in gRPC: it may be the address for HTTP");
    } finally {
      http.stop(0);
    }
  }

  @Test
  void eachServerThatCannotBeReachedIsNamedWithTheReason() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (GrpcClient client = GrpcClient.builder("127.0.0.1:" + free).deadline(DEADLINE).connect()) {
      assertThatThrownBy(() -> client.put("k", "v"))
          .isInstanceOf(ClusterUnavailableException.class)
          .hasMessageContaining("127.0.0.1:" + free + ": UNAVAILABLE");
    }
  }
}
