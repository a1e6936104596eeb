package dengine.cli;

import dengine.api.Admin;
import dengine.api.Client;
import dengine.api.Lifecycle;
import dengine.client.GrpcClient;
import java.time.Duration;
import java.util.List;

/// Reaches clusters over gRPC. Nothing of gRPC is loaded before the first call.
final class GrpcConnector implements Connector {

  @Override
  public Client connect(List<String> endpoints, Duration timeout) {
    return GrpcClient.builder(String.join(",", endpoints)).deadline(timeout).connect();
  }

  @Override
  public Client connectUnary(List<String> endpoints, Duration timeout) {
    return GrpcClient.builder(String.join(",", endpoints)).deadline(timeout).unary().connect();
  }

  @Override
  public AdminConnection admin(List<String> endpoints, Duration timeout) {
    GrpcClient client = GrpcClient.builder(String.join(",", endpoints)).deadline(timeout).connect();
    return new AdminConnection() {
      @Override
      public Admin admin() {
        return client.admin();
      }

      @Override
      public Client client() {
        return client;
      }

      @Override
      public Lifecycle lifecycle() {
        return client.lifecycle();
      }

      @Override
      public Lifecycle lifecycleAt(String address) {
        return client.lifecycleAt(address);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }

  @Override
  public List<NodeReport> status(List<String> endpoints, Duration timeout) {
    return StatusProbe.ask(endpoints, timeout);
  }
}
