package dengine.bench;

import dengine.embedded.EmbeddedEngine;
import dengine.embedded.EngineConfig;
import dengine.grpc.ClientServices;
import dengine.grpc.GrpcTransport;
import dengine.grpc.ServiceOptions;
import dengine.grpc.TransportOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A member of a cluster that serves clients over gRPC, and an echo beside it, in a process of
/// its own. Says whether it leads whenever it is asked anything.
final class ServerMain {

  private ServerMain() {}

  static Child start(String addresses, Path dir, Cluster.Durability durability, Duration election)
      throws IOException {
    Child child =
        Child.start(
            List.of("-Xmx2g"),
            ServerMain.class,
            List.of(addresses, dir.toString(), durability.name(), election.toString()));
    child.line();
    return child;
  }

  public static void main(String[] args) throws IOException {
    EngineConfig config =
        Cluster.config(
            1,
            args[0],
            Path.of(args[1]),
            Cluster.Durability.valueOf(args[2]),
            Duration.parse(args[3]));
    GrpcTransport transport =
        GrpcTransport.listen(TransportOptions.of(config.self().address(), 1, 1));
    config.members().stream()
        .filter(member -> member.id() != 1)
        .forEach(member -> transport.peer(member.id(), member.address()));
    transport.register(new Echo(), false);
    try (EmbeddedEngine engine = EmbeddedEngine.builder(config).transport(transport).start();
        ClientServices services =
            ClientServices.on(
                transport,
                engine.client(),
                engine.admin(),
                engine.lifecycle(),
                engine::status,
                ServiceOptions.DEFAULT);
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("started");
      while (input.readLine() != null) {
        System.out.println(engine.isLeader());
      }
    }
  }
}
